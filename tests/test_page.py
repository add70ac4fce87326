"""The page in a real browser: draw, undo, clear, upload, choose an alphabet, see errors."""

import base64
import re

import cv2
import numpy as np
import pytest
from hands import draw_with_finger, draw_with_mouse, points_on
from playwright.sync_api import expect

from letters import compose, ink, pen

SURE_OR_UNSURE = "#result[data-state=sure], #result[data-state=unsure]"


def picture_file(strokes, letter="letter"):
    png = cv2.imencode(".png", 255 - ink.draw_strokes(strokes))[1].tobytes()
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


@pytest.mark.parametrize("letter", "AGMRZ")
def test_a_letter_drawn_with_the_mouse_is_read(page, strokes_of, letter):
    draw_with_mouse(page.locator("#pad"), strokes_of(letter, seed=1), size=0.5, centre=(0.6, 0.45))
    expect(page.locator("#answer")).to_have_text(letter)
    expect(page.locator("#bars li b").first).to_have_text(letter)
    expect(page.locator("#note")).to_contain_text(letter)
    assert page.locator("#seen").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]


def test_a_letter_drawn_with_a_finger_is_read_and_the_page_does_not_scroll(new_page, strokes_of, screenshots):
    page = new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2)
    draw_with_finger(page.locator("#pad"), strokes_of("R", seed=1))
    expect(page.locator("#answer")).to_have_text("R")
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
    post, bar = [[0.5, 0.0], [0.5, 1.2]], [[0.0, 0.0], [1.0, 0.0]]
    undo, clear = page.locator("#undo"), page.locator("#clear")
    expect(undo).to_be_disabled()
    draw_with_mouse(page.locator("#pad"), [np.array(post), np.array(bar)])
    expect(page.locator("#answer")).to_have_text("T")
    both = ink_on_pad(page)
    undo.click()
    expect(page.locator("#answer")).not_to_have_text("T")
    assert 0 < ink_on_pad(page) < both
    undo.click()
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    expect(undo).to_be_disabled()
    draw_with_mouse(page.locator("#pad"), [np.array(post), np.array(bar)])
    expect(page.locator("#answer")).to_have_text("T")
    clear.click()
    expect(page.locator("#answer")).to_have_text("")
    expect(clear).to_be_disabled()
    assert ink_on_pad(page) == 0


def test_a_new_size_keeps_the_drawing(page, strokes_of):
    draw_with_mouse(page.locator("#pad"), strokes_of("Z", seed=1))
    before = ink_on_pad(page)
    page.set_viewport_size({"width": 400, "height": 768})
    expect(page.locator("#pad")).to_have_attribute("width", re.compile(r"^3\d\d$"))
    assert ink_on_pad(page) == pytest.approx(before, rel=0.15)


def test_a_wider_pen_leaves_more_ink(page):
    line = [np.array([[0.0, 0.0], [1.0, 0.1]])]
    draw_with_mouse(page.locator("#pad"), line)
    thin = ink_on_pad(page)
    page.locator("#clear").click()
    page.locator("#pen-width").fill("12")
    draw_with_mouse(page.locator("#pad"), line)
    assert ink_on_pad(page) > 1.6 * thin


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


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(page, strokes_of, kind):
    picture = picture_file(strokes_of("B", seed=5))["buffer"]
    page.evaluate(HAND_OVER, [kind, base64.b64encode(picture).decode()])
    expect(page.locator("#answer")).to_have_text("B")
    expect(page.locator("#file-name")).to_have_text("handed.png")
    assert page.locator(".paper.target").count() == 0


def test_the_keyboard_undoes(page):
    draw_with_mouse(page.locator("#pad"), [np.array([[0.0, 0.0], [1.0, 1.0]])])
    expect(page.locator("#undo")).to_be_enabled()
    page.keyboard.press("Control+z")
    expect(page.locator("#result")).to_have_attribute("data-state", "blank")
    page.keyboard.press("Control+z")  # nothing is left: nothing happens


def test_an_uploaded_picture_is_shown_and_read_and_clear_brings_the_pad_back(page, strokes_of, screenshots):
    page.set_input_files("#upload", picture_file(strokes_of("B", seed=5)))
    expect(page.locator("#answer")).to_have_text("B")
    expect(page.locator("#preview")).to_be_visible()
    page.screenshot(path=screenshots / "page_upload.png")
    page.locator("#clear").click()
    expect(page.locator("#preview")).to_be_hidden()
    draw_with_mouse(page.locator("#pad"), strokes_of("W", seed=1))
    expect(page.locator("#answer")).to_have_text("W")


def words_file(text="MAKE HASTE\nSLOWLY"):
    png = cv2.imencode(".png", compose.page(text, pen.draw_hand(1), "canvas").picture)[1].tobytes()
    return {"name": "words.png", "mimeType": "image/png", "buffer": png}


def test_words_are_shown_with_a_box_around_each_letter(page, screenshots):
    page.set_input_files("#upload", words_file())
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
    page.locator("#clear").click()
    expect(page.locator("#boxes")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("")


def test_english_words_can_be_expected(page):
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or "") if "/predict" in request.url else None)
    page.set_input_files("#upload", words_file())
    expect(page.locator("#answer")).to_have_text("MAKE HASTE\nSLOWLY", use_inner_text=True)
    with page.expect_response("**/predict") as answer:
        page.get_by_label("English words").check()
    assert answer.value.ok and len(asked) == 2
    expect(page.locator("#answer")).to_have_text("MAKE HASTE\nSLOWLY", use_inner_text=True)


def test_the_text_can_be_copied(new_page):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#copy")).to_be_hidden()
    page.set_input_files("#upload", words_file("COPY ME"))
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "COPY ME"


def test_a_word_can_be_drawn_and_one_goes_on_drawing_through_the_boxes(page, strokes_of, screenshots):
    pad = page.locator("#pad")
    page.locator("#pen-width").fill("2")
    for i, letter in enumerate("MAZE"):
        draw_with_mouse(pad, strokes_of(letter, seed=1), size=0.18, centre=(0.16 + 0.22 * i, 0.5))
    expect(page.locator("#answer")).to_have_text("MAZE")
    assert page.locator(".box").count() == 4
    written = ink_on_pad(page)
    draw_with_mouse(pad, [np.array([[0.0, 0.5], [1.0, 0.5]])], size=0.1, centre=(0.16, 0.5))
    assert ink_on_pad(page) > written
    page.screenshot(path=screenshots / "page_word.png")


def test_the_alphabet_switch_reads_again(page, strokes_of):
    draw_with_mouse(page.locator("#pad"), strokes_of("s", seed=1))
    expect(page.locator("#answer")).to_have_text("S")
    page.get_by_label("abc, small letters").check()
    expect(page.locator("#answer")).to_have_text("s")
    page.get_by_label("ABC, capitals").check()
    expect(page.locator("#answer")).to_have_text("S")


def test_a_text_file_is_refused_in_words(page, screenshots):
    page.set_input_files("#upload", {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    expect(page.locator("#result")).to_have_attribute("data-state", "error")
    expect(page.locator("#note")).to_contain_text("no readable picture")
    expect(page.locator("#answer")).to_have_text("")
    page.screenshot(path=screenshots / "page_error.png")


def test_a_file_over_the_limit_is_refused_before_it_is_sent(page):
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("#upload").evaluate("upload => { upload.dataset.maxBytes = 1024 ** 2 }")
    page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png", "buffer": bytes(1_100_000)})
    expect(page.locator("#note")).to_contain_text("at most 1 MB")
    assert not [url for url in sent if url.endswith("/predict")]


def test_a_server_that_is_gone_is_named_and_reading_goes_on_when_it_is_back(page, strokes_of):
    page.route("**/predict", lambda route: route.abort("connectionrefused"))
    strokes = strokes_of("A", seed=1)
    draw_with_mouse(page.locator("#pad"), strokes[:1])
    expect(page.locator("#note")).to_contain_text("server does not answer")
    page.unroute("**/predict")
    page.locator("#clear").click()
    draw_with_mouse(page.locator("#pad"), strokes)
    expect(page.locator("#answer")).to_have_text("A")


def test_a_late_answer_does_not_replace_a_newer_one(page, strokes_of):
    held = []
    page.route("**/predict", lambda route: held.append(route))
    page.set_input_files("#upload", picture_file(strokes_of("B", seed=5)))
    expect(page.locator("#result")).to_have_attribute("data-busy", "")
    page.unroute("**/predict")
    page.set_input_files("#upload", picture_file(strokes_of("Z", seed=1)))
    expect(page.locator("#answer")).to_have_text("Z")
    assert len(held) == 1
    page.wait_for_timeout(100)
    expect(page.locator("#answer")).to_have_text("Z")


def test_doubt_is_shown_as_doubt(page, screenshots):
    answer = {
        "prediction": [
            {"letter": letter, "percent": percent} for letter, percent in (("Q", 31.2), ("G", 28), ("O", 9.5))
        ],
        "text": "Q",
        "unsure": True,
        "letters": [{"frame": "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="}],
    }
    page.route("**/predict", lambda route: route.fulfill(json=answer))
    draw_with_mouse(page.locator("#pad"), [np.array([[0.0, 0.0], [0.4, 1.0], [1.0, 0.3]])])
    expect(page.locator("#note")).to_have_text("Not sure. The best guess is Q, at 31 %.")
    page.screenshot(path=screenshots / "page_unsure.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_page_fits_the_window_and_nothing_moves_when_the_answer_comes(
    new_page, strokes_of, screenshots, width, theme
):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    places = """() => [...document.querySelectorAll("main *, footer")]
        .filter((element) => !element.matches("#bars *, #preview, #answer, #note, #note *, [hidden]"))
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
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, [type=range], .upload label, .switch label")]
            .filter((element) => !element.hidden && element.getBoundingClientRect().height < 44)
            .map((element) => element.outerHTML)"""
    )
    assert not small, "targets under 44 px"
    page.screenshot(path=screenshots / f"page_{width}_{theme}.png", full_page=True)
