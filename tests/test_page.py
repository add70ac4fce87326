"""The page in a real browser: draw, upload, correct, with mouse, finger and keyboard, and when things go wrong."""

import base64
import csv
import re

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from command import free_port, start, wait_for
from PIL import Image
from playwright.sync_api import expect
from pointer import draw_with_finger, draw_with_mouse, points_on
from sheets import encode

from letters import dataset, metrics, writing
from letters.alphabet import ALPHABETS
from letters.language import LANGUAGES
from letters.picture import open_picture

LINE = [np.array([[0.0, 0.0], [1.0, 0.3]])]
POSTS = [np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 1.0]])]  # two letters, A and B, as made up
SURE_OR_UNSURE = "#result[data-state=sure], #result[data-state=unsure]"


def picture_file(strokes, letter="letter"):
    png = cv2.imencode(".png", 255 - writing.draw_strokes(strokes))[1].tobytes()
    return {"name": f"{letter}.png", "mimeType": "image/png", "buffer": png}


def ink_on_pad(page):
    """The share of the pad's pixels that are written on."""
    return page.evaluate(
        """async () => {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const pad = document.querySelector("#pad");
            const { data } = pad.getContext("2d").getImageData(0, 0, pad.width, pad.height);
            return data.filter((value, i) => i % 4 === 3 && value > 0).length / (pad.width * pad.height);
        }"""
    )


def lone(letter):
    """How the page names a letter on its own whose case is open."""
    return f"{letter} {letter.lower()}"


def test_most_letters_drawn_with_the_mouse_are_read(reading_page, strokes_of):
    page, read = reading_page, []
    for letter in "AGMRSWZ":
        draw_with_mouse(page.locator("#pad"), strokes_of(letter, seed=1), size=0.7, centre=(0.6, 0.45))
        page.wait_for_selector("#result:not([data-busy]):not([data-state=blank])")
        read.append(page.locator("#bars li b").first.inner_text())
        assert page.locator("#seen").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]
        page.locator("#clear").click()
        expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    assert sum(a == b for a, b in zip(read, "AGMRSWZ", strict=True)) >= 5, read


def test_a_letter_on_its_own_is_shown_in_both_cases_where_either_is_looked_for(page, made_up):
    made_up.text = "r"
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#answer")).to_have_text("R r")
    expect(page.locator("#note")).to_have_text(re.compile("^Reads R or r, 98.% likely.$"))
    expect(page.locator("#bars li b").first).to_have_text("R")
    page.get_by_label("Letters", exact=True).select_option("Small letters")
    expect(page.locator("#answer")).to_have_text("r")
    expect(page.locator("#note")).to_have_text(re.compile("^Reads r, 98.% likely.$"))
    page.get_by_label("Letters", exact=True).select_option("Capitals")
    expect(page.locator("#answer")).to_have_text("R")


def test_a_letter_drawn_with_a_finger_is_read_and_the_page_does_not_scroll(new_page, made_up, strokes_of, screenshots):
    made_up.text = "R"
    page = new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2)
    draw_with_finger(page.locator("#pad"), strokes_of("R", seed=1))
    expect(page.locator("#answer")).to_have_text(lone("R"))
    expect(page.locator("#answer")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    assert page.locator("#pad").evaluate("pad => pad.width === 2 * pad.clientWidth"), "the pad is not sharp"
    page.screenshot(path=screenshots / "page_finger.png")


def test_a_stroke_taken_by_the_system_is_dropped(new_page, strokes_of):
    page = new_page(has_touch=True)
    client = page.context.new_cdp_session(page)
    (x, y), *_ = points_on(page.locator("#pad"), strokes_of("A", seed=1))[0]
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + 30, "y": y + 30}]})
    assert ink_on_pad(page) > 0
    client.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    expect(page.locator("#clear")).to_be_disabled()
    assert ink_on_pad(page) == 0


def test_undo_takes_one_stroke_and_clear_takes_all(page):
    undo, clear, answer = page.locator("#undo"), page.locator("#clear"), page.locator("#answer")
    expect(undo).to_be_disabled()
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(answer).to_have_text("AB")
    both = ink_on_pad(page)
    undo.click()
    expect(answer).to_have_text("A a")
    assert 0 < ink_on_pad(page) < both
    undo.click()
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    expect(undo).to_be_disabled()
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(answer).to_have_text("AB")
    clear.click()
    expect(answer).to_have_text("")
    expect(clear).to_be_disabled()
    assert ink_on_pad(page) == 0


def test_clear_can_be_undone(page):
    undo, redo, answer = page.locator("#undo"), page.locator("#redo"), page.locator("#answer")
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(answer).to_have_text("AB")
    before = ink_on_pad(page)
    page.locator("#clear").click()
    expect(answer).to_have_text("")
    undo.click()
    expect(answer).to_have_text("AB")
    assert ink_on_pad(page) == before
    redo.click()
    expect(answer).to_have_text("")
    page.keyboard.press("Control+z")
    expect(answer).to_have_text("AB")


def test_the_eraser_takes_parts_of_strokes_and_leaves_the_others_as_wide(page):
    pad, answer, eraser = page.locator("#pad"), page.locator("#answer"), page.get_by_role("button", name="Eraser")
    expect(eraser).to_be_disabled()
    draw_with_mouse(pad, POSTS, size=0.8)
    expect(answer).to_have_text("AB")
    written = ink_on_pad(page)
    eraser.click()
    expect(eraser).to_have_attribute("aria-pressed", "true")
    left, _ = points_on(pad, POSTS, size=0.8)
    (x, top), (_, bottom) = left
    page.mouse.move(x - 60, (top + bottom) / 2)
    page.mouse.down()
    page.mouse.move(x + 60, (top + bottom) / 2)
    page.mouse.up()
    expect(answer).to_have_text("ABC")  # of one post, two pieces are left
    assert 0.8 * written < ink_on_pad(page) < 0.98 * written, "other strokes have another width now"
    erased = ink_on_pad(page)
    page.reload()
    expect(answer).to_have_text("ABC")
    assert ink_on_pad(page) == pytest.approx(erased, rel=0.02)
    eraser.click()
    page.mouse.move(x, top - 20)
    page.mouse.down()
    page.mouse.move(x, bottom + 20)
    page.mouse.up()
    expect(answer).to_have_text("A a")
    page.locator("#undo").click()
    expect(answer).to_have_text("ABC")
    page.locator("#clear").click()
    expect(eraser).to_have_attribute("aria-pressed", "false")  # one writes on
    draw_with_mouse(pad, LINE)
    expect(answer).to_have_text("A a")


def test_the_eraser_moves_with_keys_and_is_the_other_end_of_a_pen(page):
    pad, answer = page.locator("#pad"), page.locator("#answer")
    draw_with_mouse(pad, POSTS[:1], size=0.8)
    expect(answer).to_have_text("A a")
    page.locator("#eraser").click()
    pad.focus()
    for key in ["ArrowLeft", "ArrowLeft", "Space", *["ArrowRight"] * 4, "Space"]:
        page.keyboard.press(key)
    expect(answer).to_have_text("AB")
    page.locator("#eraser").click()
    page.evaluate("""() => {
        const pad = document.querySelector("#pad");
        const { left, top, width, height } = pad.getBoundingClientRect();
        HTMLCanvasElement.prototype.setPointerCapture = () => {}; // there is no such pen
        const send = (type, x, y, buttons) => pad.dispatchEvent(new PointerEvent(type, {
            pointerType: "pen", pointerId: 9, button: type === "pointerdown" ? 5 : -1, buttons, bubbles: true,
            clientX: left + x * width, clientY: top + y * height,
        }));
        send("pointerdown", 0.5, 0.05, 32);
        send("pointermove", 0.5, 0.95, 32);
        send("pointerup", 0.5, 0.95, 0);
    }""")
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")


def test_redo_brings_back_what_undo_took_until_one_writes_on(page):
    undo, redo, answer = page.locator("#undo"), page.locator("#redo"), page.locator("#answer")
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(answer).to_have_text("AB")
    expect(redo).to_be_disabled()
    undo.click()
    expect(answer).to_have_text("A a")
    redo.click()
    expect(answer).to_have_text("AB")
    expect(redo).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(answer).to_have_text("A a")
    page.keyboard.press("Control+Shift+z")
    expect(answer).to_have_text("AB")
    undo.click()
    draw_with_mouse(page.locator("#pad"), POSTS[1:], size=0.3)
    expect(answer).to_have_text("AB")
    expect(redo).to_be_disabled()


def test_a_drawing_outlives_a_reload_and_is_kept_in_the_browser_only(page):
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(page.locator("#answer")).to_have_text("AB")
    before = ink_on_pad(page)
    page.reload()
    expect(page.locator("#answer")).to_have_text("AB")
    assert ink_on_pad(page) == pytest.approx(before, rel=0.02)
    assert not [body for body in sent if "points" in body]
    expect(page.locator("footer")).to_contain_text("stays in this browser")
    page.locator("#clear").click()
    expect(page.locator("#answer")).to_have_text("")
    page.reload()
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    assert ink_on_pad(page) == 0


@pytest.mark.parametrize("kept", ["{", '{"a": 1}', '[{"width": 0.1, "points": [[1, null]]}]'])
def test_a_drawing_that_cannot_be_brought_back_is_named(page, kept):
    page.evaluate("kept => localStorage.setItem('letters.drawing', kept)", kept)
    page.reload()
    expect(page.locator("#stays")).to_contain_text("could not be brought back")
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#answer")).to_have_text("A a")


def test_a_browser_that_keeps_nothing_is_named(page):
    page.evaluate("""() => {
        Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
    }""")
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#stays")).to_contain_text("does not let the page keep your drawing (full)")
    expect(page.locator("#answer")).to_have_text("A a")


def test_a_click_leaves_a_dot(page, made_up):
    draw_with_mouse(page.locator("#pad"), POSTS[:1])
    expect(page.locator("#answer")).to_have_text("A a")
    before = ink_on_pad(page)
    page.locator("#pad").click(position={"x": 60, "y": 60})
    expect(page.locator("#answer")).to_have_text("AB")
    assert ink_on_pad(page) > before
    made_up.text = "i"
    page.get_by_label("Letters", exact=True).select_option("Small letters")
    expect(page.locator("#answer")).to_have_text("i")


def test_ink_that_is_no_letter_is_no_error(page):
    refusal = {"error": {"code": "no_ink", "message": "Nothing is written in the picture."}}
    page.route("**/predict", lambda route: route.fulfill(status=422, json=refusal))
    page.locator("#pad").click()
    expect(page.locator("#note")).to_have_text("That is no letter yet. Go on writing.")
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")


def test_reading_is_said_until_the_first_answer_comes(page):
    page.route("**/predict", lambda route: None)  # never answers
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#note")).to_have_text("Reading …")
    page.unroute("**/predict")
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#note")).to_contain_text("Reads")


def test_a_stroke_may_begin_beside_the_pad_and_be_released_anywhere(page):
    box = page.locator("#pad").bounding_box()
    left, middle = box["x"], box["y"] + box["height"] / 2
    page.mouse.move(left - 15, middle)
    page.mouse.down()
    page.mouse.move(left + 80, middle)
    page.mouse.move(left - 40, middle + 60)
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("A a")
    written = ink_on_pad(page)
    assert written > 0
    page.mouse.move(left + 80, middle + 100)  # nothing is drawn with the button up
    page.mouse.move(left + 160, middle + 100)
    assert ink_on_pad(page) == written
    page.mouse.move(left - 15, middle + 20)  # what never comes to the pad is no stroke
    page.mouse.down()
    page.mouse.move(left - 20, middle + 60)
    page.mouse.up()
    assert ink_on_pad(page) == written
    page.locator("#undo").click()
    expect(page.locator("#clear")).to_be_disabled()


POINTERS = """events => {
    const pad = document.querySelector("#pad");
    const { left, top, width, height } = pad.getBoundingClientRect();
    HTMLCanvasElement.prototype.setPointerCapture = () => {}; // there are no such pointers
    for (const [type, pointerType, pointerId, x, y, buttons] of events) {
        const place = { clientX: left + x * width, clientY: top + y * height };
        pad.dispatchEvent(new PointerEvent(type, { pointerType, pointerId, buttons, bubbles: true, ...place }));
    }
}"""


def test_a_stroke_whose_release_is_lost_ends(page):
    down, on, off = (
        ["pointerdown", "mouse", 1, 0.2, 0.2, 1],
        ["pointermove", "mouse", 1, 0.2, 0.7, 1],
        ["pointermove", "mouse", 1, 0.8, 0.7, 0],
    )
    page.evaluate(POINTERS, [down, on, off])
    expect(page.locator("#answer")).to_have_text("A a")
    written = ink_on_pad(page)
    other = [[*event[:3], event[3] + 0.4, *event[4:]] for event in (down, on)]
    page.evaluate(POINTERS, [*other, *[[*event[:3], event[3] + 0.6, *event[4:]] for event in (down, on, off)]])
    expect(page.locator("#answer")).to_have_text("ABC")  # a new press ends the stroke that had no end
    assert ink_on_pad(page) > written


def test_a_pen_wins_over_the_hand_that_holds_it(page):
    palm = [["pointerdown", "touch", 5, 0.8, 0.8, 1], ["pointermove", "touch", 5, 0.9, 0.9, 1]]
    stroke = [["pointerdown", "pen", 7, 0.2, 0.2, 1], ["pointermove", "pen", 7, 0.2, 0.7, 1]]
    end = [["pointerup", "pen", 7, 0.2, 0.7, 0]]
    moved = [["pointermove", "touch", 5, 0.7, 0.9, 1], ["pointerup", "touch", 5, 0.7, 0.9, 0]]
    page.evaluate(POINTERS, [*palm, *stroke, *moved, *end])
    expect(page.locator("#answer")).to_have_text("A a")
    page.evaluate(POINTERS, [*palm, *moved])  # between two strokes of the pen
    page.evaluate(POINTERS, [[*event[:3], event[3] + 0.3, *event[4:]] for event in [*stroke, *palm, *moved, *end]])
    expect(page.locator("#answer")).to_have_text("AB")
    page.locator("#undo").click()
    page.locator("#undo").click()
    expect(page.locator("#clear")).to_be_disabled()


def test_a_second_finger_is_ignored(page):
    first = [["pointerdown", "touch", 5, 0.2, 0.2, 1], ["pointermove", "touch", 5, 0.2, 0.7, 1]]
    second = [[kind, touch, 6, 0.8, y, buttons] for kind, touch, _, _, y, buttons in first]
    ends = [["pointerup", "touch", 6, 0.8, 0.7, 0], ["pointerup", "touch", 5, 0.2, 0.7, 0]]
    page.evaluate(POINTERS, [*first, *second, *ends])
    expect(page.locator("#answer")).to_have_text("A a")
    page.locator("#undo").click()
    expect(page.locator("#clear")).to_be_disabled()


def test_the_letter_is_read_while_it_is_drawn(page, made_up, strokes_of):
    made_up.text = "S"
    asked = []
    page.on("request", lambda request: asked.append(request) if "/predict" in request.url else None)
    (stroke,) = points_on(page.locator("#pad"), strokes_of("S", seed=1))
    page.mouse.move(*stroke[0])
    page.mouse.down()
    for x, y in stroke[1:]:
        page.mouse.move(x, y)
        page.wait_for_timeout(20)
    expect(page.locator("#answer")).to_have_text(lone("S"))  # the pen is still down
    assert 0 < len(asked) < len(stroke) / 2, "readings come in too quick succession"
    page.mouse.up()


def test_points_between_two_frames_are_drawn(page):
    draw_with_mouse(page.locator("#pad"), LINE, size=0.1, centre=(0.9, 0.1))
    written = ink_on_pad(page)
    page.evaluate("""() => {
        const { left, top, width, height } = document.querySelector("#pad").getBoundingClientRect();
        const at = (x, y) => ({ clientX: left + x * width, clientY: top + y * height, buttons: 1 });
        const corner = [at(0.2, 0.2), at(0.2, 0.8), at(0.8, 0.8)];
        const send = (type, place, more) => {
            const event = new PointerEvent(type, { pointerId: 1, ...place, ...more });
            event.getCoalescedEvents = () => corner.map((point) => new PointerEvent(type, point));
            document.querySelector("#pad").dispatchEvent(event);
        };
        HTMLCanvasElement.prototype.setPointerCapture = () => {}; // there is no such pointer
        send("pointerdown", corner[0]);
        send("pointermove", corner[2]);
        send("pointerup", corner[2]);
    }""")
    expect(page.locator("#answer")).to_have_text("AB")
    side = page.locator("#pad").evaluate("""pad => {
        const { data } = pad.getContext("2d").getImageData(0.2 * pad.width - 4, 0.5 * pad.height, 8, 1);
        return Math.max(...data.filter((value, i) => i % 4 === 3));
    }""")
    assert side > 128, "the corner is cut"
    assert ink_on_pad(page) > written


def test_a_new_size_keeps_the_whole_drawing(page):
    pad = page.locator("#pad")
    for x in (0.1, 0.9):
        draw_with_mouse(pad, POSTS[:1], centre=(x, 0.5))
    expect(page.locator("#answer")).to_have_text("AB")
    page.set_viewport_size({"width": 400, "height": 768})  # the pad is a square now
    expect(pad).to_have_attribute("width", re.compile(r"^3\d\d$"))
    ends = """pad => [0.02, 0.98].map((share) => Math.round(share * pad.width)).map((x, right) => {
        const { data } = pad.getContext("2d").getImageData(right ? 0.5 * pad.width : 0, 0, pad.width / 2, pad.height);
        return data.filter((value, i) => i % 4 === 3 && value > 128).length;
    })"""
    assert min(pad.evaluate(ends)) > 0, "a part of the drawing lies beyond the pad"
    draw_with_mouse(pad, POSTS[:1], size=0.2)
    expect(page.locator("#answer")).to_have_text("ABC")


def test_a_wider_pen_leaves_more_ink_and_a_dot_shows_its_width(page):
    dot = page.locator("#pen-dot")
    width = "dot => dot.getBoundingClientRect().width"
    pad = page.locator("#pad")
    assert dot.evaluate(width) == pytest.approx(0.02 * pad.bounding_box()["height"], rel=0.05)
    draw_with_mouse(pad, LINE)
    thin = ink_on_pad(page)
    page.locator("#clear").click()
    page.locator("#pen-width").fill("6")
    assert dot.evaluate(width) == pytest.approx(0.06 * pad.bounding_box()["height"], rel=0.05)
    draw_with_mouse(pad, LINE)
    assert ink_on_pad(page) > 1.6 * thin


def test_strokes_thin_with_the_size_of_what_is_written_and_so_does_what_is_sent(page):
    sent = []
    page.on("request", lambda request: sent.append(request.post_data_json) if "/predict" in request.url else None)

    def pen_width(size):
        """The width of a stroke of such a height, in px, on the pad and in the picture that was sent last."""
        with page.expect_response("**/predict"):
            draw_with_mouse(page.locator("#pad"), POSTS[:1], size=size)
        expect(page.locator("#result")).not_to_have_attribute("data-busy", "")
        row = """pad => {
            const { data } = pad.getContext("2d").getImageData(0, pad.height / 2, pad.width, 1);
            return data.filter((value, i) => i % 4 === 3 && value > 128).length / pad.height;
        }"""
        picture = open_picture(base64.b64decode(sent[-1]["image"].partition(",")[2]))
        seen = page.locator("#pad").evaluate(row), (picture[len(picture) // 2, :, 0] < 128).sum() / 600
        page.locator("#clear").click()
        return seen

    large, small = pen_width(0.7), pen_width(0.12)
    assert large == (pytest.approx(0.02, rel=0.25), pytest.approx(0.02, rel=0.15))
    assert small == (pytest.approx(0.008, rel=0.35), pytest.approx(0.008, rel=0.2))


HAND_OVER = """([kind, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "handed.png", { type: "image/png" }));
    const options = { bubbles: true, cancelable: true };
    if (kind === "paste") {
        document.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
    } else {
        const over = new DragEvent("dragover", { ...options, dataTransfer: data });
        document.body.dispatchEvent(over);
        if (!over.defaultPrevented) throw new Error("the browser would open the file");
        document.body.dispatchEvent(new DragEvent("drop", { ...options, dataTransfer: data }));
    }
}"""


def test_a_phone_takes_a_photo(new_page, made_up, strokes_of):
    made_up.text = "B"
    expect(new_page().get_by_text("Photo with the camera")).to_be_hidden()
    phone = new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    expect(phone.get_by_text("Photo with the camera")).to_be_visible()
    assert phone.locator("#camera").get_attribute("capture") == "environment"
    phone.set_input_files("#camera", picture_file(strokes_of("B", seed=5)))
    expect(phone.locator("#answer")).to_have_text(lone("B"))


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(page, made_up, strokes_of, kind):
    made_up.text = "B"
    picture = picture_file(strokes_of("B", seed=5))["buffer"]
    page.evaluate(HAND_OVER, [kind, base64.b64encode(picture).decode()])
    expect(page.locator("#answer")).to_have_text(lone("B"))
    expect(page.locator("#file-name")).to_have_text("handed.png")
    assert page.locator(".paper.target").count() == 0


def test_the_keyboard_undoes(page):
    draw_with_mouse(page.locator("#pad"), [np.array([[0.0, 0.0], [1.0, 1.0]])])
    expect(page.locator("#undo")).to_be_enabled()
    page.keyboard.press("Control+z")
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    page.keyboard.press("Control+z")  # nothing is left: nothing happens


def test_an_uploaded_picture_is_shown_and_the_drawing_comes_back(page, made_up, strokes_of, screenshots):
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(page.locator("#answer")).to_have_text("AB")
    before = ink_on_pad(page)
    made_up.text = "B"
    page.set_input_files("#upload", picture_file(strokes_of("B", seed=5)))
    expect(page.locator("#answer")).to_have_text(lone("B"))
    expect(page.locator("#preview")).to_be_visible()
    for tool in ("#undo", "#redo", "#clear", "#eraser", "#pen", "#pad"):
        expect(page.locator(tool)).to_be_hidden()
    page.keyboard.press("Control+z")  # nothing that is out of sight is undone
    page.screenshot(path=screenshots / "page_upload.png")
    made_up.text = None
    page.get_by_role("button", name="Back to my drawing").click()
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("AB")
    assert ink_on_pad(page) == before
    page.locator("#clear").click()
    page.set_input_files("#upload", picture_file(strokes_of("B", seed=5)))
    page.get_by_role("button", name="Back to the pad").click()
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(page.locator("#answer")).to_have_text("AB")


def words_file(made_up, text="MAKE HASTE\nSLOWLY", name="words.png"):
    """A picture that the made-up recogniser reads as a text."""
    sheet = np.full((max(160, 70 * len(text.split("\n"))), 320 + 8 * len(made_up.texts)), 255, np.uint8)
    for i, line in enumerate(text.split("\n")):
        cv2.putText(sheet, line, (12, 60 + 70 * i), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 0, 3)
    made_up.texts[sheet.shape] = text
    return {"name": name, "mimeType": "image/png", "buffer": encode(sheet)}


def test_words_are_shown_with_a_box_around_each_letter(page, made_up, screenshots):
    page.set_input_files("#upload", words_file(made_up))
    expect(page.locator("#answer")).to_have_text("MAKE HASTE\nSLOWLY", use_inner_text=True)
    expect(page.locator("#note")).to_contain_text("15 letters")
    assert page.locator(".box").count() == 15
    corners = """element => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return [left, top, right, bottom];
    }"""
    left, top, right, bottom = page.locator("#preview").evaluate(corners)
    boxes = [box.evaluate(corners) for box in page.locator(".box").all()]
    assert all(left <= a < c <= right and top <= b < d <= bottom for a, b, c, d in boxes)
    page.locator(".box").nth(2).click()
    expect(page.locator("#bars li b").first).to_have_text("K")
    expect(page.locator("#answer .chosen")).to_have_text("K")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#bars li b").first).to_have_text("E")
    expect(page.locator(".box[aria-pressed=true]")).to_have_attribute("aria-label", re.compile("^Letter 4: E"))
    page.locator("#answer span").first.click()
    expect(page.locator("#bars li b").first).to_have_text("M")
    page.screenshot(path=screenshots / "page_words.png")
    page.locator("#back").click()
    expect(page.locator("#boxes")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_lines_of_wide_letters_are_shown_whole(new_page, made_up, width):
    page = new_page(viewport={"width": width, "height": 800})
    page.set_input_files("#upload", words_file(made_up, "MAKE HASTE\nWITH MOM"))
    expect(page.locator("#answer")).to_have_text("MAKE HASTE\nWITH MOM", use_inner_text=True)
    whole, shown = page.locator("#answer").evaluate("answer => [answer.scrollHeight, answer.clientHeight]")
    assert whole <= shown


def test_many_lines_keep_their_size(new_page, made_up):
    size = "answer => parseFloat(getComputedStyle(answer).fontSize)"
    for width, whole in [(360, False), (1280, True)]:  # a phone scrolls them, below the pad's own place
        page = new_page(viewport={"width": width, "height": 740})
        for lines in (3, 7):
            text = "\n".join(["SOME", "WORDS", "OF", "MANY", "LINES", "IN", "ALL"][:lines])
            page.set_input_files("#upload", words_file(made_up, text))
            expect(page.locator("#answer")).to_have_text(text, use_inner_text=True)
            assert page.locator("#answer").evaluate(size) >= 24
        hidden = page.locator("#answer").evaluate("answer => answer.scrollHeight - answer.clientHeight")
        assert hidden <= 0 if whole else hidden > 0
        assert page.locator("#answer").bounding_box()["height"] < 400


def test_the_crop_of_a_letter_shows_that_letter_alone(page, made_up):
    sheet = np.full((160, 320), 255, np.uint8)
    for x in (40, 70, 100):  # narrow letters, close together
        sheet[30:130, x : x + 10] = 0
    page.set_input_files("#upload", {"name": "lll.png", "mimeType": "image/png", "buffer": encode(sheet)})
    expect(page.locator("#answer")).to_have_text("ABC")
    page.locator(".box").nth(1).click()
    strokes = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1);
        const dark = [...data].flatMap((value, i) => (i % 4 === 3 ? [value > 128 && data[i - 1] < 128] : []));
        return dark.filter((value, i) => value && !dark[i - 1]).length;
    }"""
    assert page.locator("#closer").evaluate(strokes) == 1


def test_the_examples_are_shown_whole_and_said_to_be_made_up(page):
    for example in page.locator("[data-example]").all():
        expect(example).to_have_text(re.compile("Made-up"))
        expect(example.locator("img")).to_have_css("object-fit", "contain")


def test_a_picture_that_is_being_read_shows_nothing_of_the_one_before(page, made_up):
    page.set_input_files("#upload", words_file(made_up))
    expect(page.locator("#note")).to_contain_text("15 letters")
    page.route("**/predict", lambda route: None)  # never answers
    page.set_input_files("#upload", words_file(made_up, "OTHERS"))
    expect(page.locator("#note")).to_have_text("Reading the picture …")
    expect(page.locator("#answer")).to_have_text("")
    assert page.locator(".box").count() == 0
    expect(page.get_by_role("button", name="Keep")).to_be_disabled()


def numbered(made_up, words):
    return [words_file(made_up, word, f"{' '.join(word.split())}.png") for word in words]


def several(page, made_up):
    """Upload two pictures and a file that is none, and wait for what they say."""
    no_picture = {"name": "words.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.set_input_files("#upload", [*numbered(made_up, ["cows\ngo home", "SECOND"]), no_picture])
    rows = page.locator("#files button")
    expect(rows.locator("b")).to_have_text(["cows\ngo home", "SECOND", "not read"], use_inner_text=True)
    return rows


def test_several_pictures_are_read_one_after_the_other(page, made_up, screenshots):
    rows = several(page, made_up)
    expect(rows.locator("span")).to_have_text(["cows go home.png", "SECOND.png", "words.png"])
    assert page.locator("#files-read").evaluate("bar => [bar.value, bar.max]") == [3, 3]
    expect(page.locator("#answer")).to_have_text("cows\ngo home", use_inner_text=True)
    rows.nth(1).click()
    expect(page.locator("#answer")).to_have_text("SECOND")
    expect(page.locator("#file-name")).to_have_text("SECOND.png")
    assert page.locator(".box").count() == 6
    expect(rows.nth(1)).to_be_focused()
    rows.nth(2).click()
    expect(page.locator("#note")).to_contain_text("is text")
    page.screenshot(path=screenshots / "page_files.png")
    rows.nth(0).click()
    page.get_by_label("Letters", exact=True).select_option("Capitals")
    expect(rows.first).to_contain_text("COWS")
    expect(page.locator("#answer")).to_have_text("COWS\nGO HOME", use_inner_text=True)
    page.locator("#back").click()
    expect(page.locator("#progress")).to_be_hidden()


def test_the_texts_of_several_pictures_can_be_taken_along(new_page, made_up, tmp_path):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    several(page, made_up)
    page.get_by_role("button", name="Copy all").click()
    expect(page.locator("#copy-all")).to_have_text("Copied")
    together = page.evaluate("navigator.clipboard.readText()").replace("\r", "")
    assert together.startswith("cows go home.png\ncows\ngo home\n\nSECOND.png\nSECOND\n\nwords.png\n(")
    for name, file in [("Download text", "letters.txt"), ("Download CSV", "letters.csv")]:
        with page.expect_download() as download:
            page.locator("#progress").get_by_role("button", name=name).click()
        assert download.value.suggested_filename == file
        download.value.save_as(tmp_path / file)
    assert (tmp_path / "letters.txt").read_text("utf-8") == together
    with (tmp_path / "letters.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "text", "error"]
    assert [row[:2] for row in rows] == [
        ["cows go home.png", "cows\ngo home"],
        ["SECOND.png", "SECOND"],
        ["words.png", ""],
    ]
    assert "is text" in rows[2][2] and not rows[0][2]


def test_a_picture_can_be_turned_and_is_read_again(page, made_up):
    sent = sent_sizes(page)
    expect(page.get_by_role("button", name="Turn left")).to_be_hidden()
    picture = words_file(made_up)
    page.set_input_files("#upload", picture)
    expect(page.locator("#note")).to_contain_text("15 letters")
    size = "image => [image.naturalWidth, image.naturalHeight]"
    for name, sides in [("Turn right", [160, 320]), ("Turn right", [320, 160]), ("Turn left", [160, 320])]:
        made_up.text = "SIDE" if sides == [160, 320] else "UPSIDE DOWN"
        made_up.texts.clear()
        page.get_by_role("button", name=name).click()
        expect(page.locator("#answer")).to_have_text(made_up.text)
        assert page.locator("#preview").evaluate(size) == sides
        assert sent()[-1]["size"] == sides
    made_up.text = "BACK AGAIN"
    page.get_by_role("button", name="Turn left").click()
    expect(page.locator("#answer")).to_have_text("BACK AGAIN")
    assert sent()[-1]["bytes"] == len(picture["buffer"]), "what is turned back is not the file that it was"
    page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    expect(page.get_by_role("button", name="Turn left")).to_be_hidden()
    page.locator("#back").click()
    expect(page.get_by_role("button", name="Turn left")).to_be_hidden()


def test_the_word_of_a_letter_has_alternatives(page, made_up):
    page.set_input_files("#upload", words_file(made_up, "MAKE HASTE"))
    expect(page.locator("#words")).to_have_text(re.compile(r"^The word: MAKE 94.%, [A-Z]{4} <.1.%, [A-Z]{4} <.1.%$"))
    page.locator(".box").nth(5).click()
    expect(page.locator("#words b")).to_have_text("HASTE")
    page.get_by_label("Wrong? It is").fill("w")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#words b")).to_have_text("HwSTE")
    page.locator("#back").click()
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#answer")).to_have_text("A a")
    expect(page.locator("#words")).to_be_empty()


def test_examples_are_mostly_read(reading_page):
    page, wrong, length = reading_page, 0, 0
    for number, text in enumerate(["Hello", "Take what\nyou like", "Good\nmorning"]):
        with page.expect_response("**/predict"):  # until then, the last answer stays
            page.locator("[data-example]").nth(number).click()
        expect(page.locator("#result")).not_to_have_attribute("data-busy", "")
        wrong += metrics.edits(text.lower(), page.locator("#answer").inner_text().lower())[0]
        length += len(text)
    assert wrong <= 0.25 * length


DARK = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 0 && value < 100 && data[i + 3] > 200).length / (data.length / 4);
}"""
SIZE = "canvas => [canvas.width, canvas.height]"


def requests(page):
    """A list that gets what the page asks from now on, of pictures that are sent as JSON."""
    asked = []
    page.on("request", lambda request: asked.append(request.post_data_json) if "/predict" in request.url else None)
    return asked


def test_the_way_of_ones_own_letter_is_shown_to_who_asks_for_it(page, made_up, strokes_of, screenshots):
    asked = requests(page)
    made_up.text = "R"
    draw_with_mouse(page.locator("#pad"), strokes_of("R", seed=1))
    expect(page.locator("#answer")).to_have_text(lone("R"))
    page.wait_for_timeout(700)
    assert asked and not any("explain" in request for request in asked)
    asked.clear()
    page.get_by_text("How does it work?").click()
    expect(page.locator("#how-note")).to_have_text("This is your picture on its way to text.")
    assert asked[-1]["explain"] is True
    assert 0.03 < page.locator("#step-picture").evaluate(DARK) < 0.5
    assert 0.3 < page.locator("#step-ink").evaluate(DARK) < 0.97
    expect(page.locator("#step-lines svg")).to_have_attribute(
        "aria-label", re.compile(r"^Line 1, step by step: r 9\d.%$")
    )
    expect(page.locator("#step-lines .name")).to_have_text(["r"])
    assert page.locator("#step-lines .letter").count() == 0  # the third network named it
    expect(page.locator("#step-alone")).to_contain_text("shows one letter")
    expect(page.locator("#step-letters li")).to_have_text(re.compile(r"^R 98.%E <.1.%T <.1.%$"))
    assert page.locator("#step-letters img").evaluate("image => image.naturalWidth") == 28
    page.screenshot(path=screenshots / "page_how.png", full_page=True)
    made_up.text = "AB"
    draw_with_mouse(page.locator("#pad"), POSTS, size=0.2)
    expect(page.locator("#step-lines .letter")).to_have_text(["A", "B"])  # it follows what is written
    page.get_by_text("How does it work?").click()
    asked.clear()
    draw_with_mouse(page.locator("#pad"), LINE, size=0.2)
    page.wait_for_timeout(700)
    assert not any("explain" in request for request in asked)


def test_where_nothing_is_written_the_way_of_an_example_is_shown(page, made_up):
    made_up.text = "Hello"
    page.get_by_text("How does it work?").click()
    expect(page.locator("#how-note")).to_have_text(re.compile("^This is an example. Write a letter"))
    expect(page.locator("#step-lines .letter")).to_have_text(list("Hello"))
    expect(page.locator("#answer")).to_have_text("")
    made_up.text = None
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(page.locator("#how-note")).to_have_text("This is your picture on its way to text.")
    expect(page.locator("#step-lines .letter")).to_have_text(["A", "B"])
    page.locator("#clear").click()
    expect(page.locator("#how-note")).to_have_text(re.compile("^This is an example"))


def test_no_example_is_explained_while_a_picture_is_being_read(page, made_up):
    page.get_by_text("How does it work?").click()
    expect(page.locator("#how-note")).to_have_text(re.compile("^This is an example"))
    asked = []
    page.route("**/predict", lambda route: asked.append(route))  # never answers
    page.set_input_files("#upload", words_file(made_up))
    expect(page.locator("#note")).to_have_text("Reading the picture …")
    page.wait_for_timeout(800)
    assert len(asked) == 1


def test_of_many_lines_and_letters_the_first_ones_are_explained(page, made_up):
    page.set_input_files("#upload", words_file(made_up, "\n".join(["WORDS"] * 7)))
    expect(page.locator("#note")).to_contain_text("35 letters")
    page.get_by_text("How does it work?").click()
    expect(page.locator("#step-lines .line")).to_have_count(5)
    expect(page.locator("#step-lines > p")).to_have_text("and 2 more lines")
    expect(page.locator("#step-letters li")).to_have_count(25)
    expect(page.locator("#step-letters li").last).to_have_text("and 11 more letters")


def test_the_picture_that_is_explained_is_upright_and_the_part_that_was_seen(page, made_up):
    made_up.turned = 90
    sheet = np.full((300, 200), 255, np.uint8)
    sheet[50:250, 100:110] = sheet[240:250, 100:180] = 0  # an L, which lies on its side once it is turned
    page.set_input_files("#upload", {"name": "L.png", "mimeType": "image/png", "buffer": encode(sheet)})
    expect(page.locator("#note")).to_contain_text("Turned by 90 degrees to read it.")
    page.get_by_text("How does it work?").click()
    expect(page.locator("#step-letters li")).to_have_count(1)
    for view in ("#step-picture", "#step-ink"):
        assert page.locator(view).evaluate(SIZE) == [300, 200]
    row = "canvas => [...canvas.getContext('2d').getImageData(0, 105, 300, 1).data].filter((value, i) => i % 4 === 0)"
    assert sum(value < 128 for value in page.locator("#step-picture").evaluate(row)) == 200


def test_a_photo_that_is_sent_smaller_is_explained_whole(page):
    page.set_input_files("#upload", handed(photo((2600, 1300)), "jpeg"))
    expect(page.locator("#answer")).to_have_text("A a")
    page.get_by_text("How does it work?").click()
    expect(page.locator("#step-letters li")).to_have_count(1)
    assert page.locator("#step-picture").evaluate(SIZE) == [720, 360]
    assert page.locator("#step-picture").evaluate(DARK) == pytest.approx(1 / 64, rel=0.1)


def test_an_explanation_that_is_refused_says_why_and_comes_later(page, made_up):
    refusal = {"error": {"code": "too_many_requests", "message": "You ask too often. Wait."}}
    page.route("**/predict", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}, json=refusal))
    page.get_by_text("How does it work?").click()
    expect(page.locator("#how-note")).to_have_text("You ask too often. Wait.")
    page.unroute("**/predict")
    expect(page.locator("#how-note")).to_have_text(re.compile("^This is an example"))


def test_a_long_line_is_scrolled_with_keys_on_a_phone(new_page, made_up):
    page = new_page(viewport={"width": 320, "height": 640})
    page.set_input_files("#upload", words_file(made_up, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    page.get_by_text("How does it work?").click()
    line = page.locator("#step-lines .line")
    expect(line).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    line.focus()
    page.keyboard.press("ArrowRight")
    scrolled = line.evaluate(  # wait_for_function would need eval, which the page's Content-Security-Policy forbids
        """async (line) => {
            for (let frame = 0; frame < 300 && line.scrollLeft === 0; frame++) await new Promise(requestAnimationFrame);
            return line.scrollLeft;
        }"""
    )
    assert scrolled > 0


def test_corrections_are_kept_in_the_browser_and_come_as_a_csv_that_the_notebooks_read(page, made_up, tmp_path):
    sent = []
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#answer")).to_have_text("A a")
    page.on("request", lambda request: sent.append(request.url))

    def name(*letters):
        for letter in letters:
            page.get_by_label("Wrong? It is").fill(letter)
            page.get_by_role("button", name="Keep").click()
            expect(page.locator("#kept-note")).to_have_text(f"Kept as {letter}, in this browser.")
            expect(page.locator("#answer")).to_have_text(letter)
            expect(page.locator("#note")).to_have_text(f"You named it {letter}.")

    name("k")
    assert not sent, "a correction left the browser"
    page.locator("#clear").click()
    draw_with_mouse(page.locator("#pad"), POSTS[:1])
    expect(page.locator("#answer")).to_have_text("A a")
    name("x", "R")  # the later name of a letter wins
    frame = base64.b64decode(page.locator("#seen").get_attribute("src").partition(",")[2])
    page.reload()
    summary = page.get_by_text("Your corrections (2)")
    summary.click()
    expect(page.locator("#kept-list b")).to_have_text(["k", "R"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    download.value.save_as(tmp_path / "mine.csv")
    table = dataset.load(tmp_path / "mine.csv")
    assert table["label"].tolist() == [36, 17]
    pixels = table.drop(columns="label").to_numpy()
    assert np.array_equal(pixels[1].reshape(28, 28), open_picture(frame)[..., 0])
    page.get_by_role("button", name="Delete this k").click()
    expect(page.locator("#kept-list b")).to_have_text(["R"])
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_text("Your corrections (0)")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Your corrections (0)")).to_be_visible()


def test_what_is_no_letter_is_not_kept(page):
    expect(page.get_by_role("button", name="Keep")).to_be_disabled()
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#answer")).to_have_text("A a")
    page.get_by_label("Wrong? It is").fill("7")
    page.get_by_role("button", name="Keep").click()
    assert page.get_by_label("Wrong? It is").evaluate("input => input.validity.patternMismatch")
    expect(page.get_by_text("Your corrections (0)")).to_be_visible()


def test_the_pad_takes_keys(page, screenshots):
    pad, answer = page.locator("#pad"), page.locator("#answer")
    pad.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    assert ink_on_pad(page) > 0
    page.keyboard.press("Space")
    expect(answer).to_have_text("A a")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    for key in ["ArrowUp"] * 6 + ["ArrowRight"] * 2:
        page.keyboard.press(key)
    page.screenshot(path=screenshots / "page_keys.png")
    page.keyboard.press("Space")
    expect(answer).to_have_text("AB")
    page.keyboard.press("Backspace")
    expect(answer).to_have_text("A a")
    page.keyboard.press("Escape")
    expect(page.locator("#clear")).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(answer).to_have_text("A a")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")  # who leaves the pad lifts the pen
    expect(answer).to_have_text("AB")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.evaluate("scrollY") == 0


def test_everything_can_be_done_with_the_keyboard(page, made_up):
    made_up.text = "Hello"

    def tab_to(locator):
        for _ in range(40):
            page.keyboard.press("Tab")
            if locator.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"the tab key does not reach {locator}")

    tab_to(page.locator("[data-example]").first)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("Hello")
    tab_to(page.locator(".box").first)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#answer .chosen")).to_have_text("e")
    tab_to(page.locator("#copy"))
    tab_to(page.locator("#alphabet"))
    page.keyboard.type("Small")
    expect(page.locator("#answer")).to_have_text(re.compile(r"^[a-z]+$"))
    tab_to(page.get_by_label("Wrong? It is"))
    page.keyboard.type("j")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text(re.compile(r"^j[a-z]+$"))
    for panel in ("#how", "#kept"):
        tab_to(page.locator(f"{panel} summary"))
        page.keyboard.press("Space")
        assert page.locator(panel).evaluate("panel => panel.open")
    tab_to(page.get_by_role("button", name="Download CSV"))
    tab_to(page.locator("#back"))
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("")
    expect(page.locator("#pad")).to_be_focused()


def test_words_of_any_language_that_the_library_has_can_be_expected(page):
    asked = []
    page.on("request", lambda request: asked.append(request.post_data_json) if "/predict" in request.url else None)
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(page.locator("#answer")).to_have_text("AB")
    assert {one["language"] for one in asked} == {""}
    choice = page.get_by_label("Language of the words")
    assert choice.locator("option").evaluate_all("options => options.map(({ value }) => value)") == ["", *LANGUAGES]
    expect(choice.locator("option")).to_have_text([re.compile("^[A-Z][a-z]+ words$")] * (1 + len(LANGUAGES)))
    for name, code in [("German words", "de"), ("English words", "en"), ("Any words", "")]:
        asked.clear()
        with page.expect_response("**/predict") as answer:
            choice.select_option(name)
        assert answer.value.ok
        assert [one["language"] for one in asked] == [code]


def test_letters_of_any_alphabet_that_the_library_has_can_be_looked_for(page):
    choice = page.get_by_label("Letters", exact=True)
    offered = choice.locator("option").evaluate_all("options => options.map(({ value }) => value)")
    assert offered[0] == choice.input_value() == "any" and sorted(offered) == sorted(ALPHABETS)
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(page.locator("#answer")).to_have_text("AB")
    for name in offered[::-1]:
        with page.expect_request("**/predict") as asked:
            choice.select_option(name)
        assert asked.value.post_data_json["alphabet"] == name


def test_the_text_can_be_copied(new_page, made_up):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#copy")).to_be_hidden()
    page.set_input_files("#upload", words_file(made_up, "COPY ME"))
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "COPY ME"


def test_a_word_can_be_drawn_and_one_goes_on_drawing_through_the_boxes(page, made_up, strokes_of, screenshots):
    made_up.text = "MAZE"
    pad = page.locator("#pad")
    for i, letter in enumerate("MAZE"):
        draw_with_mouse(pad, strokes_of(letter, seed=1), size=0.3, centre=(0.16 + 0.22 * i, 0.5))
    expect(page.locator("#answer")).to_have_text("MAZE")
    assert page.locator(".box").count() == 4
    written = ink_on_pad(page)
    draw_with_mouse(pad, [np.array([[0.0, 0.5], [1.0, 0.5]])], size=0.1, centre=(0.16, 0.5))
    assert ink_on_pad(page) > written
    page.screenshot(path=screenshots / "page_word.png")


# ------------------------------------------------------------------------------------------------- the game


def write_letters(page, made_up, misread=()):
    """Write every letter that the game asks for, with the mouse; what is read of those in `misread` is Q. Returns the
    letters that were asked for."""
    asked = []
    while page.locator("#game").get_attribute("data-scene") == "write":
        asked.append(page.locator("#game-asked b").inner_text())
        expect(page.locator("#game-next")).to_have_text("Next" if len(asked) < 5 else "Finish")
        made_up.text = "Q" if len(asked) in misread else asked[-1]
        draw_with_mouse(page.locator("#game-pad"), LINE)
        with page.expect_response("**/predict"):
            page.locator("#game-next").click()
    return asked


def begin_game(page, case="ABC, capitals"):
    page.get_by_role("button", name="Can it read your alphabet?").click()
    page.locator("#game").get_by_label(case).check()
    page.get_by_role("button", name="Just five").click()


def test_the_game_asks_for_letters_and_shows_them_on_a_sheet(page, made_up, tmp_path, screenshots):
    begin_game(page)
    expect(page.locator("#game-count")).to_have_text("Letter 1 of 5")
    expect(page.locator("#game-next")).to_be_disabled()
    asked = write_letters(page, made_up, misread=(2,))
    assert len(set(asked)) == 5 and asked == sorted(asked)
    score = page.locator("#game-score")
    expect(score).to_have_text(re.compile(r"^It read [45] of your 5 letters, written in 0:\d\d\.$"))
    expect(score).to_be_focused()
    if asked[1] != "Q":
        label = re.compile(f"^Your letters. Misread: {asked[1]}: read as Q. Read right: {asked[0]}, {asked[2]}")
        expect(page.locator("#game-sheet")).to_have_attribute("aria-label", label)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "my_alphabet.png"
    download.value.save_as(tmp_path / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("L"))
    assert sheet.shape[1] == 1080 and 0.01 < (sheet < 128).mean() < 0.2
    page.screenshot(path=screenshots / "page_game_sheet.png")
    page.get_by_role("button", name="Add to my corrections").click()
    expect(page.locator("#game-note")).to_have_text("5 letters were added to your corrections, in this browser.")
    expect(page.locator("#game-keep")).to_be_disabled()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#play")).to_be_focused()
    # they are one line five times: the last name of a letter counts
    page.get_by_text("Your corrections (1)").click()
    expect(page.locator("#kept-list b")).to_have_text([asked[-1]])


def test_all_letters_can_be_asked_for_small_ones_as_well(page):
    page.locator("#play").click()
    page.locator("#game").get_by_label("abc, small letters").check()
    page.get_by_role("button", name="All 26 letters").click()
    expect(page.locator("#game-asked")).to_have_text("Write a small a")
    expect(page.locator("#game-marks li")).to_have_text(list("abcdefghijklmnopqrstuvwxyz"))
    with page.expect_request("**/predict") as asked:
        draw_with_mouse(page.locator("#game-pad"), LINE)
        page.locator("#game-next").click()
    assert asked.value.post_data_json["alphabet"] == "lower"
    expect(page.locator("#game-asked")).to_have_text("Write a small b")
    expect(page.locator("#game-marks li").first).to_have_class("right")
    expect(page.locator("#game-marks li").first).to_have_text("a read right")


def test_the_game_is_played_with_keys_alone(page, made_up):
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Just five").focus()
    page.keyboard.press("Enter")
    for number in range(1, 6):
        expect(page.locator("#game-count")).to_have_text(f"Letter {number} of 5")
        expect(page.locator("#game-pad")).to_be_focused()
        made_up.text = page.locator("#game-asked b").inner_text()
        for key in ("Space", "ArrowDown", "ArrowDown", "Space", "ArrowUp", "Space", "Control+z"):
            page.keyboard.press(key)
        with page.expect_response("**/predict"):
            page.keyboard.press("Enter")
    expect(page.locator("#game-score")).to_contain_text("It read 5 of your 5 letters")
    page.keyboard.press("Escape")
    expect(page.locator("#game")).to_be_hidden()
    assert ink_on_pad(page) == 0, "the game wrote on the page"


def test_a_game_goes_on_where_it_was_left_and_its_clock_stands_still_meanwhile(page):
    page.clock.install()
    page.reload()
    begin_game(page)
    page.clock.run_for(65_000)
    expect(page.locator("#game-clock")).to_have_text("1:05")
    asked = page.locator("#game-asked").inner_text()
    page.get_by_role("button", name="Close").click()
    page.clock.run_for(60_000)
    page.locator("#play").click()
    expect(page.locator("#game-asked")).to_have_text(asked)
    page.clock.run_for(1000)
    expect(page.locator("#game-clock")).to_have_text("1:06")


def test_a_letter_of_the_game_waits_for_a_server_that_is_busy(page, made_up):
    refusal = {"error": {"code": "too_many_requests", "message": "You ask too often. Wait."}}
    page.route("**/predict", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}, json=refusal))
    begin_game(page)
    write_letters(page, made_up)
    expect(page.locator("#game-trouble")).to_have_text("You ask too often. Wait.")
    expect(page.get_by_text("Reading the last letters")).to_be_visible()
    page.unroute("**/predict")
    expect(page.locator("#game-score")).to_be_visible()
    expect(page.locator("#game-trouble")).to_have_text("")


def test_letters_of_the_game_that_are_none_or_several_are_misread(page, made_up):
    begin_game(page)
    page.route("**/predict", lambda route: route.fulfill(status=422, json={"error": {"code": "no_ink", "message": ""}}))
    draw_with_mouse(page.locator("#game-pad"), LINE)
    with page.expect_response("**/predict"):
        page.locator("#game-next").click()
    page.unroute("**/predict")
    made_up.text = "I I"
    for _ in range(4):
        draw_with_mouse(page.locator("#game-pad"), LINE)
        with page.expect_response("**/predict"):
            page.locator("#game-next").click()
    expect(page.locator("#game-score")).to_contain_text("It read 0 of your 5 letters")
    expect(page.locator("#game-sheet")).to_have_attribute("aria-label", re.compile("not read, .: read as II"))
    expect(page.locator("#game-keep")).to_be_disabled()


def test_the_sheet_can_be_shared_where_the_browser_shares(new_page, made_up):
    page = new_page()
    begin_game(page)
    write_letters(page, made_up)
    expect(page.locator("#game-save")).to_be_visible()
    expect(page.locator("#game-share")).to_be_hidden()
    page.add_init_script("""
        navigator.canShare = () => true;
        navigator.share = async ({ files, text, url }) => {
            document.body.dataset.shared = [...files.map((file) => file.name), text, url].join(" | ");
        };
    """)
    page.goto(page.url + "#alphabet")
    page.reload()
    expect(page.locator("#game")).to_be_visible()  # the address that is shared leads to the game
    page.get_by_role("button", name="Just five").click()
    write_letters(page, made_up)
    page.get_by_role("button", name="Share").click()
    shared = re.compile(r"^my_alphabet\.png \| It read 5 of my 5 letters\. Can it read yours\? \| .*/#alphabet$")
    expect(page.locator("body")).to_have_attribute("data-shared", shared)  # once the picture is made


@pytest.mark.parametrize(("width", "height"), [(320, 640), (740, 360), (1280, 800)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_play_the_game(new_page, made_up, screenshots, width, height, theme):
    page = new_page(viewport={"width": width, "height": height}, color_scheme=theme, has_touch=True)
    page.locator("#play").click()
    assert violations(page) == {}
    page.get_by_role("button", name="Just five").click()
    for number in range(5):
        made_up.text = page.locator("#game-asked b").inner_text() if number else "Q"
        draw_with_finger(page.locator("#game-pad"), LINE)
        if number == 2:
            for part in ("#game-pad", "#game-asked", "#game-next", "#game-close"):
                expect(page.locator(part)).to_be_in_viewport(ratio=0.99)
            assert violations(page) == {}
            assert not small_targets(page)
            page.screenshot(path=screenshots / f"page_game_{width}_{theme}.png")
        with page.expect_response("**/predict"):
            page.locator("#game-next").click()
    expect(page.locator("#game-score")).to_be_visible()
    assert violations(page) == {}
    assert page.locator("#game").evaluate("game => game.scrollWidth <= game.clientWidth")


def test_a_text_file_is_refused_in_words(page, screenshots):
    page.set_input_files("#upload", {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    expect(page.locator("#result")).to_have_attribute("data-state", "error")
    expect(page.locator("#note")).to_contain_text("is text")
    expect(page.locator("#answer")).to_have_text("")
    page.screenshot(path=screenshots / "page_error.png")


def test_a_file_over_the_limit_is_refused_before_it_is_sent(page):
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("#upload").evaluate("upload => { upload.dataset.maxBytes = 1024 ** 2 }")
    page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png", "buffer": bytes(1_100_000)})
    expect(page.locator("#note")).to_contain_text("at most 1 MB")
    assert not [url for url in sent if url.endswith("/predict")]


def test_a_server_that_is_gone_is_named_and_reading_goes_on_when_it_is_back(browser, strokes_of):
    port = free_port()
    server = start(port)
    context = browser.new_context()
    try:
        wait_for(port)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}")
        server.kill()
        server.wait()
        draw_with_mouse(page.locator("#pad"), strokes_of("Z", seed=1))
        expect(page.locator("#note")).to_contain_text("server does not answer")
        expect(page.locator("#result")).to_have_attribute("data-state", "error")
        server = start(port)
        expect(page.locator("#note")).to_contain_text(re.compile("Reads|guess"), timeout=20_000)  # without a touch
    finally:
        context.close()
        server.kill()
        server.wait()


def test_a_page_that_asks_too_often_waits_and_goes_on(page):
    def refuse(route):
        error = {"error": {"code": "too_many_requests", "message": "You ask too often. Wait."}}
        route.fulfill(status=429, headers={"Retry-After": "1"}, json=error)

    page.route("**/predict", refuse)
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#note")).to_contain_text("too often")
    page.unroute("**/predict")
    expect(page.locator("#answer")).to_have_text("A a")


def test_a_late_answer_does_not_replace_a_newer_one(page, made_up):
    held = []

    def hold_the_first(route):
        if held:
            return route.continue_()
        held.append(route)

    page.route("**/predict", hold_the_first)
    page.evaluate("""() => {
        const ask = window.fetch;
        window.asked = [];
        window.fetch = (url, options) => (asked.push(options.signal), ask(url, options));
    }""")
    page.set_input_files("#upload", words_file(made_up, "OLD"))
    expect(page.locator("#result")).to_have_attribute("data-busy", "")
    page.set_input_files("#upload", words_file(made_up, "NEW"))
    expect(page.locator("#answer")).to_have_text("NEW")
    assert page.evaluate("asked.map((signal) => signal.aborted)") == [True, False], "the first request goes on"
    (first,) = held
    first.continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#answer")).to_have_text("NEW")


def answer_of(candidates, **more):
    """An answer of one letter that is not sure. candidates: (letter, percent), best first."""
    best = [{"letter": letter, "percent": percent} for letter, percent in candidates]
    frame = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    name = best[0]["letter"]
    letter = {"letter": name, "box": [12, 12, 300, 300], "unsure": True, "candidates": best, "frame": frame}
    return {"prediction": best, "text": name, "unsure": True, "turned": 0, "letters": [letter], **more}


def test_doubt_is_shown_as_doubt(page, screenshots):
    answer = answer_of([("Q", 31.2), ("G", 28), ("O", 0.6)])
    page.route("**/predict", lambda route: route.fulfill(json=answer))
    draw_with_mouse(page.locator("#pad"), [np.array([[0.0, 0.0], [0.4, 1.0], [1.0, 0.3]])])
    expect(page.locator("#note")).to_have_text("Not sure. The best guess is Q or q, at 31 %.")
    expect(page.locator("#answer")).to_have_text("?Q q")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert page.locator("#answer small").evaluate(size) < 0.5 * page.locator("#answer").evaluate(size)
    expect(page.locator("#bars li")).to_have_text(["Q31 %", "G28 %", "O<\u20091 %"])  # rounded as in the note
    page.screenshot(path=screenshots / "page_unsure.png")


def test_a_percentage_is_rounded_in_one_way(page):
    answer = answer_of([("Q", 98.97), ("G", 1.01), ("O", 0.02)])
    answer["letters"][0]["unsure"] = answer["unsure"] = False
    page.route("**/predict", lambda route: route.fulfill(json=answer))
    draw_with_mouse(page.locator("#pad"), LINE)
    expect(page.locator("#note")).to_have_text("Reads Q or q, 98 % likely.")
    expect(page.locator("#bars .percent")).to_have_text(["98 %", "1 %", "<\u20091 %"])


@pytest.mark.parametrize(
    ("turned", "words"), [(90, "by 90 degrees"), (180, "by 180 degrees"), (270, "by 90 degrees to the left")]
)
def test_a_picture_that_was_turned_to_be_read_is_named(page, made_up, turned, words):
    made_up.turned = turned
    page.set_input_files("#upload", words_file(made_up))
    expect(page.locator("#turned")).to_have_text(f"Turned {words} to read it.")
    expect(page.locator("#note")).to_contain_text(f"15 letters. Turned {words} to read it.")
    picture, box = page.locator("#preview").bounding_box(), page.locator(".box").first.bounding_box()
    assert box["x"] > picture["x"] and box["y"] > picture["y"]
    page.locator("#back").click()
    expect(page.locator("#turned")).to_be_hidden()


def test_a_picture_that_was_turned_can_be_read_as_it_lies(page, made_up):
    made_up.turned = 90
    as_it_lies, answer = page.get_by_role("button", name="Read it as it lies"), page.locator("#answer")
    expect(as_it_lies).to_be_hidden()
    page.set_input_files("#upload", words_file(made_up, "TURNED"))
    expect(page.locator("#turned")).to_be_visible()
    expect(as_it_lies).to_have_attribute("aria-pressed", "false")
    made_up.texts.clear()
    for text, pressed in (("AS IT LIES", "true"), ("TURNED AGAIN", "false")):
        made_up.text = text
        as_it_lies.press("Enter")
        expect(answer).to_have_text(text)
        expect(as_it_lies).to_have_attribute("aria-pressed", pressed)
        expect(as_it_lies).to_be_focused()
        expect(page.locator("#turned")).to_be_visible(visible=pressed == "false")
    page.locator("#back").click()
    expect(as_it_lies).to_be_hidden()
    made_up.text = None
    draw_with_mouse(page.locator("#pad"), POSTS)
    expect(answer).to_have_text("AB")
    as_it_lies.click()
    with page.expect_request("**/predict") as asked:
        draw_with_mouse(page.locator("#pad"), LINE, size=0.2)
    assert asked.value.post_data_json["turn"] is False
    expect(page.locator("#turned")).to_be_hidden()
    page.locator("#clear").click()
    expect(as_it_lies).to_be_hidden()


def test_the_letter_of_a_turned_picture_is_shown_upright(page, made_up):
    made_up.turned = 90
    sheet = np.full((300, 300), 255, np.uint8)
    sheet[50:250, 100:110] = sheet[240:250, 100:200] = 0  # an L, which lies on its side once it is turned
    page.set_input_files("#upload", {"name": "L.png", "mimeType": "image/png", "buffer": encode(sheet)})
    expect(page.locator("#note")).to_contain_text("Turned by 90 degrees to read it.")
    darkest_row = """canvas => {
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        const dark = Array(height).fill(0);
        data.forEach((value, i) => { if (i % 4 === 0 && value < 128) dark[Math.floor(i / 4 / width)] += 1; });
        return dark.indexOf(Math.max(...dark)) / height;
    }"""
    assert page.locator("#closer").evaluate(darkest_row) < 0.4, "the long stroke of the L is not on top"


def photo(size, mode="RGB", noise=40):
    """A picture with a bar of ink in its left upper quarter, as Pillow's Image."""
    width, height = size
    rng = np.random.default_rng(0)
    pixels = rng.integers(255 - noise, 256, (height, width, 3), dtype=np.uint8)
    pixels[height // 8 : height // 4, width // 8 : width // 4] = 0
    return Image.fromarray(pixels).convert(mode)


def handed(image, kind, **options):
    return {"name": f"photo.{kind}", "mimeType": f"image/{kind}", "buffer": encode(image, kind.upper(), **options)}


def sent_sizes(page):
    """A list that gets the size, (width, height), of each picture that the page sends."""
    page.evaluate("""() => {
        window.sent = [];
        const ask = window.fetch;
        window.fetch = async (url, options) => {
            const file = options?.body?.get?.("image");
            const bitmap = await createImageBitmap(file);
            window.sent.push({ size: [bitmap.width, bitmap.height], type: file.type, bytes: file.size });
            return ask(url, options);
        };
    }""")
    return lambda: page.evaluate("window.sent")


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_large_photos_are_made_smaller_before_they_are_sent(page, kind):
    sent = sent_sizes(page)
    page.set_input_files("#upload", handed(photo((2600, 1300)), kind))
    expect(page.locator("#answer")).to_have_text("A a")
    (one,) = sent()
    assert one["size"] == [2000, 1000] and one["type"] == "image/jpeg"
    dark = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 0 && value < 100 && data[i + 3] > 0).length / (data.length / 4);
    }"""
    assert 0.2 < page.locator("#closer").evaluate(dark) < 0.7, "the box does not fit the picture that is shown"


def test_a_large_photo_of_a_phone_is_sent_upright(page):
    sent = sent_sizes(page)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right
    page.set_input_files("#upload", handed(photo((2600, 1300)), "jpeg", exif=exif))
    expect(page.locator("#answer")).to_have_text("A a")
    assert sent()[0]["size"] == [1000, 2000]


def test_small_and_transparent_pictures_are_sent_as_they_are(page):
    sent = sent_sizes(page)
    small = handed(photo((1990, 400)), "png")
    page.set_input_files("#upload", small)
    expect(page.locator("#answer")).to_have_text("A a")
    clear = photo((2600, 400), mode="RGBA")
    clear.putalpha(Image.fromarray(255 - np.asarray(clear.convert("L"))))
    clear = handed(clear, "png")
    page.set_input_files("#upload", clear)
    expect(page.locator("#note")).to_contain_text("Reads")
    assert [one["bytes"] for one in sent()] == [len(small["buffer"]), len(clear["buffer"])]


@pytest.mark.parametrize(("ink_tone", "ground"), [(255, "rgb(0, 0, 0)"), (0, "rgb(255, 255, 255)")])
def test_ink_on_transparency_is_shown_on_a_ground_that_it_stands_out_from(page, ink_tone, ground):
    rgba = np.full((200, 300, 4), ink_tone, np.uint8)
    rgba[..., 3] = 0
    rgba[50:150, 100:130, 3] = 255
    page.set_input_files("#upload", {"name": "ink.png", "mimeType": "image/png", "buffer": encode(rgba)})
    expect(page.locator("#preview")).to_have_css("background-color", ground)
    expect(page.locator("#note")).to_contain_text("Reads")
    above = "canvas => [...canvas.getContext('2d').getImageData(canvas.width / 2, 2, 1, 1).data]"  # the letter
    assert page.locator("#closer").evaluate(above) == [*[255 - ink_tone] * 3, 255]
    page.locator("#back").click()
    page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png", "buffer": encode(rgba[..., :3] // 2)})
    expect(page.locator("#file-name")).to_have_text("a.png")
    expect(page.locator("#preview")).to_have_css("background-color", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (740, 360), (640, 400), (512, 384), (820, 1180)])
def test_the_answer_and_the_whole_pad_are_in_sight_together(new_page, width, height):
    page = new_page(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    draw_with_finger(page.locator("#pad"), LINE)
    expect(page.locator("#answer")).to_have_text("A a")
    page.locator("#pad").scroll_into_view_if_needed()
    pad, answer = page.locator("#pad").bounding_box(), page.locator("#answer").bounding_box()
    assert pad["height"] < height
    assert answer["y"] >= 0 and answer["y"] + answer["height"] <= height
    if width < height:
        page.evaluate("pad => scrollTo(0, pad)", pad["y"])
        expect(page.locator("#answer")).to_be_in_viewport()  # it stays on top


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_page_fits_the_window_and_nothing_moves_when_the_answer_comes(
    new_page, made_up, strokes_of, screenshots, width, theme
):
    made_up.text = "R"
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    places = """() => [...document.querySelectorAll("main *, footer")]
        .filter((element) => !element.matches("#bars *, #preview, #answer, #note, #note *, .dot *, [hidden]"))
        .map((element) => [element.tagName, element.id, JSON.stringify(element.getBoundingClientRect())])
        .map((place) => place.join(" "))"""
    before = page.evaluate(places)
    draw_with_mouse(page.locator("#pad"), strokes_of("R", seed=1))
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector(SURE_OR_UNSURE)
    page.wait_for_timeout(300)  # the bars' transition
    after = [line for line in page.evaluate(places) if not line.startswith("IMG seen")]
    assert after == before
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not small_targets(page)
    page.screenshot(path=screenshots / f"page_{width}_{theme}.png", full_page=True)


def small_targets(page):
    """What one can press or type in that is under 44 px."""
    return page.evaluate(
        """() => [...document.querySelectorAll("button, [type=range], label:not([for=right], .pen), summary, #right")]
            .filter((element) => element.offsetParent)
            .filter((element) => Math.min(element.offsetWidth, element.offsetHeight) < 44)
            .map((element) => element.outerHTML)"""
    )


def violations(page):
    """What axe-core finds wrong: {rule: the elements}."""
    found = Axe().run(page).response["violations"]
    return {rule["id"]: [node["html"] for node in rule["nodes"]] for rule in found}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_the_page(new_page, made_up, screenshots, width, theme):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce")
    assert violations(page) == {}
    draw_with_mouse(page.locator("#pad"), [np.array([[0.0, 0.0], [0.9, 0.1], [0.1, 0.6], [1.0, 0.7]])])
    page.wait_for_selector(SURE_OR_UNSURE)
    assert violations(page) == {}
    page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.wait_for_selector("#result[data-state=error]")
    assert violations(page) == {}
    page.set_input_files("#upload", numbered(made_up, ["SOME", "WORDS"]))
    expect(page.locator("#files button b")).to_have_text(["SOME", "WORDS"])
    page.get_by_label("Wrong? It is").fill("Z")
    page.get_by_role("button", name="Keep").click()
    page.get_by_text("How does it work?").click()
    page.get_by_text("Your corrections (1)").click()
    expect(page.locator("#step-letters li")).to_have_count(4)
    assert violations(page) == {}
    assert page.evaluate("getComputedStyle(document.querySelector('.bar i')).transitionDuration") == "0s"
    page.screenshot(path=screenshots / f"page_all_{width}_{theme}.png", full_page=True)


@pytest.mark.parametrize(("width", "direction"), [(320, "rtl"), (1280, "rtl"), (3840, "ltr")])
def test_the_page_fits_from_right_to_left_and_on_large_screens(new_page, made_up, screenshots, width, direction):
    made_up.text = "Good\nmorninggggggggg"
    page = new_page(viewport={"width": width, "height": 900})
    page.evaluate("direction => { document.documentElement.dir = direction }", direction)
    page.locator("[data-example]").last.click()
    expect(page.locator("#answer")).to_have_text(made_up.text, use_inner_text=True)
    page.locator("#answer span").last.click()
    page.get_by_text("How does it work?").click()
    expect(page.locator("#step-lines .line")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("main").evaluate("main => main.getBoundingClientRect().width") > 0.4 * width
    page.screenshot(path=screenshots / f"page_{width}_{direction}.png", full_page=True)


def test_the_page_is_small_and_shown_before_the_network_answers(new_page):
    page = new_page()
    asked = []
    page.on("requestfinished", lambda request: asked.append(request))
    page.route("**/predict", lambda route: None)  # never answers
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.reload(wait_until="load")
    page.locator("#play").click()
    page.get_by_role("button", name="Close").click()
    page.locator("[data-example]").first.click()
    expect(page.locator("#preview")).to_be_visible()
    sizes = {request.url: request.sizes()["responseBodySize"] for request in asked if "/predict" not in request.url}
    assert len(sizes) > 10
    assert 20_000 < sum(sizes.values()) < 50_000  # bytes, as they were sent, with the game
    shift = """() => new Promise((done) => new PerformanceObserver((list) =>
        done(list.getEntries().filter((entry) => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0))
    ).observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""
    assert page.evaluate(shift) < 0.01
