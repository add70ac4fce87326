"""Take the pictures of the README: the page and the drawing notebook, in use. `make pictures` runs this."""

import shutil
import tempfile
import threading
from pathlib import Path

import cv2
import jupyter
import waitress
from chromium import ADVICE, chromium_path
from hands import draw_with_mouse
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from letters import alphabet, compose, pen
from serve.app import create_app
from serve.settings import Settings

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "serve" / "static" / "examples"
EXAMPLE_PAGES = (  # kind, text, seeds of the hand and the page, height in px, quality: a few kB each
    ("canvas", "Hello", 4, 3, 200, 50),
    ("scan", "Take what\nyou like", 2, 3, 280, 40),
    ("photo", "Good\nmorning", 0, 2, 360, 45),
)
SEED = 15  # of the letter that is drawn


def draw_examples():
    """The pictures that the page offers to try."""
    EXAMPLES.mkdir(exist_ok=True)
    for kind, text, hand, seed, height, quality in EXAMPLE_PAGES:
        made = compose.page(text, pen.draw_hand(hand), kind, seed).picture
        scale = height / made.shape[0]
        picture = Image.fromarray(made).resize((round(made.shape[1] * scale), height), Image.Resampling.LANCZOS)
        picture.save(EXAMPLES / f"{kind}.webp", quality=quality, method=6)


def take_page(browser):
    """The page with a photo of two lines on it, one letter chosen."""
    photo = compose.page("Six Letters\nfind their way", pen.draw_hand(19), "photo", 0)
    jpeg = cv2.imencode(".jpg", photo.picture[..., ::-1])[1].tobytes()
    server = waitress.create_server(create_app(settings=Settings(access_log="off")), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    page = browser.new_page(viewport={"width": 1024, "height": 760}, device_scale_factor=2)
    page.goto(f"http://127.0.0.1:{server.effective_port}")
    page.set_input_files("#upload", {"name": "note.jpg", "mimeType": "image/jpeg", "buffer": jpeg})
    expect(page.locator("#answer")).to_have_text(photo.text, use_inner_text=True)
    page.locator(".box").nth(3).click()
    page.mouse.move(5, 5)
    page.wait_for_timeout(1000)  # the bars have come to rest
    page.screenshot(path=ROOT / "docs" / "page.png")
    page.close()
    server.close()


def take_notebook(browser):
    """The drawing notebook in JupyterLab, with a G on the pad."""
    (strokes,), _ = pen.draw(1, classes=[alphabet.CLASSES.index("G")], seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        notebooks = Path(folder) / "notebooks"
        notebooks.mkdir()
        shutil.copy(ROOT / "notebooks" / "05_draw.ipynb", notebooks)
        with jupyter.running(notebooks, Path(folder) / "jupyterlab.log") as url:
            page = browser.new_page(viewport={"width": 1100, "height": 720}, device_scale_factor=2)
            jupyter.open_notebook(page, url, "05_draw.ipynb")
            canvas = page.locator("canvas").first
            canvas.wait_for()
            draw_with_mouse(canvas, strokes)
            expect(page.locator("span.letter")).to_have_text("G")
            page.mouse.move(10, 10)
            page.screenshot(path=ROOT / "docs" / "notebook.png")
            page.close()


def main():
    path = chromium_path()
    if path is None:
        raise SystemExit(ADVICE)
    (ROOT / "docs").mkdir(exist_ok=True)
    draw_examples()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        take_page(browser)
        take_notebook(browser)
        browser.close()


if __name__ == "__main__":
    main()
