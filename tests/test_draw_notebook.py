"""The drawing notebook in JupyterLab, in a real browser: letters drawn with mouse and finger are read."""

import contextlib
import itertools
import shutil
from pathlib import Path

import jupyter
import pytest
from playwright.sync_api import expect
from pointer import draw_with_finger, draw_with_mouse

from letters import ink, writing

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "05_draw.ipynb"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(NOTEBOOK, folder)  # JupyterLab saves what it runs
    shutil.copy(NOTEBOOK, folder / "not_run.ipynb")
    with jupyter.running(folder, folder.parent / "jupyterlab.log") as url:
        yield url


@pytest.fixture
def notebook(browser, lab):
    """The notebook, opened and run, in a browser with mouse and touch screen. No other origin may be asked anything."""
    elsewhere = []
    context = browser.new_context(viewport={"width": 1100, "height": 900}, has_touch=True)
    context.on("request", lambda request: None if lab in request.url else elsewhere.append(request.url))
    page = context.new_page()
    page.set_default_timeout(30_000)
    jupyter.open_notebook(page, lab, NOTEBOOK.name)
    page.locator("canvas").first.wait_for()
    yield page
    context.close()
    assert [url for url in elsewhere if url.startswith("http")] == []


def output_with(notebook, selector):
    """The first output of a cell in which there is something."""
    return notebook.locator(".jp-OutputArea-output", has=notebook.locator(selector)).first


def test_before_it_is_run_a_picture_stands_in_for_the_pad(browser, lab, screenshots):
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{lab}/lab/tree/not_run.ipynb?reset")
    picture = page.locator(".jp-OutputArea-output img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    assert picture.bounding_box()["width"] > 400
    expect(page.get_by_text("children=(")).to_have_count(0)
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    page.screenshot(path=screenshots / "notebook_not_run.png")
    context.close()


def test_letters_drawn_in_the_notebook_are_read(notebook, strokes_of, screenshots):
    pad = output_with(notebook, "canvas")
    canvas, answer = pad.locator("canvas"), pad.locator("span.letter")
    expect(pad.get_by_text("Draw one letter.")).to_be_visible()

    draw_with_mouse(canvas, strokes_of("R"))
    expect(answer).to_have_text("R")
    notebook.screenshot(path=screenshots / "notebook_mouse.png")

    pad.get_by_role("button", name="Clear").click()
    expect(pad.get_by_text("Draw one letter.")).to_be_visible()

    draw_with_finger(canvas, strokes_of("k"))
    expect(answer).to_have_text("K")
    pad.get_by_role("button", name="abc", exact=True).click()
    expect(answer).to_have_text("k")

    pad.get_by_role("button", name="Clear").click()
    canvas.tap()  # one stroke, though browsers may send mouse events after a tap
    expect(pad.get_by_text("not sure:")).to_be_visible()
    notebook.screenshot(path=screenshots / "notebook_not_sure.png")
    pad.get_by_role("button", name="Undo").click()
    expect(pad.get_by_text("Draw one letter.")).to_be_visible()

    strokes = strokes_of("E")
    pad.get_by_role("button", name="ABC", exact=True).click()
    draw_with_mouse(canvas, strokes)
    expect(answer).to_have_text("E")
    for _ in strokes:  # the button can be pressed as often as there are strokes
        expect(answer).to_be_visible()
        pad.get_by_role("button", name="Undo").click()
    expect(pad.get_by_text("Draw one letter.")).to_be_visible()

    pad.get_by_role("button", name="Clear").click()
    canvas.focus()
    for key, times in (("ArrowLeft", 5), ("ArrowUp", 8), (" ", 1), ("ArrowDown", 16), ("ArrowRight", 9), (" ", 1)):
        for _ in range(times):
            notebook.keyboard.press(key)
    expect(answer).to_have_text("L")
    notebook.screenshot(path=screenshots / "notebook_keyboard.png")
    notebook.keyboard.press("Tab")
    expect(pad.get_by_role("button", name="Undo")).to_be_focused()
    notebook.keyboard.press(" ")
    expect(pad.get_by_text("Draw one letter.")).to_be_visible()

    jupyter.execute(notebook, "apputils:change-theme", theme="JupyterLab Dark")
    expect(notebook.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    draw_with_mouse(canvas, strokes)
    expect(answer).to_have_text("E")
    notebook.screenshot(path=screenshots / "notebook_dark.png")


def test_the_game_is_played_with_the_finger_and_a_wrong_name_is_told(notebook, recognizer, strokes_of, screenshots):
    def clear_strokes_of(letter):
        for seed in range(50):
            strokes = strokes_of(letter, seed)
            (prediction,) = recognizer.predict(ink.frame(writing.draw_strokes(strokes))[None], "upper")
            if prediction.letter == letter and prediction.candidates[0][1] > 0.95:
                yield strokes

    pad = output_with(notebook, "canvas")
    draw_with_mouse(pad.locator("canvas"), strokes_of("R"))
    pad.get_by_placeholder("A", exact=True).fill("RR")
    pad.get_by_role("button", name="Keep").click()
    expect(pad.get_by_text("'RR' is no letter")).to_be_visible()

    head = notebook.get_by_text("so far)")
    head.scroll_into_view_if_needed()
    game = output_with(notebook, "text=so far)")
    for count in range(1, 4):
        asked = head.locator("b").text_content()
        for strokes in itertools.islice(clear_strokes_of(asked), 5):  # a stroke of the last letter may be on the pad
            draw_with_finger(game.locator("canvas"), strokes)
            with contextlib.suppress(AssertionError):
                expect(head).to_contain_text(f"of {count} so far", timeout=3000)
                break
            game.get_by_role("button", name="Clear").click()
        expect(head).to_contain_text(f"of {count} so far")
        if count == 2:
            notebook.screenshot(path=screenshots / "notebook_game.png")
    game.get_by_role("button", name="Skip").click()
    expect(head).to_contain_text("of 4 so far")
