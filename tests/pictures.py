"""Take the pictures of the README and of the page: both in use, examples, icons, the card that links to the page show.
`make pictures` runs this."""

import base64
import io
import shutil
import tempfile
import threading
from pathlib import Path

import cv2
import jupyter
import nbformat
import waitress
from chromium import ADVICE, chromium_path
from PIL import Image
from playwright.sync_api import expect, sync_playwright
from pointer import draw_with_mouse, points_on

from letters import Recognizer, alphabet, compose, pen
from letters.serve.app import create_app
from letters.serve.settings import Settings

ROOT = Path(__file__).parent.parent
COVERS = ROOT / "docs" / "notebooks"
COVER_SIZE = (480, 240)  # px
STATIC = ROOT / "serve" / "static"
EXAMPLES = STATIC / "examples"
EXAMPLE_PAGES = (  # kind, text, seeds of the hand and the page, height in px, quality: a few kB each
    ("canvas", "Hello", 6, 2, 200, 50),
    ("scan", "Take what\nyou like", 2, 3, 240, 40),
    ("photo", "Good\nmorning", 3, 4, 360, 45),
)
ICON_SIDES = (192, 512)  # px
CARD_SIZE = (1200, 630)  # px, as the sites that show it want it
SEED = 15  # of the letter that is drawn
HANDS = 40  # that are tried for the photo


def draw_examples():
    """The pictures that the page offers to try."""
    EXAMPLES.mkdir(exist_ok=True)
    for kind, text, hand, seed, height, quality in EXAMPLE_PAGES:
        made = compose.page(text, pen.draw_hand(hand), kind, seed).picture
        scale = height / made.shape[0]
        picture = Image.fromarray(made).resize((round(made.shape[1] * scale), height), Image.Resampling.LANCZOS)
        picture.save(EXAMPLES / f"{kind}.webp", quality=quality, method=6)


def draw_icons(browser):
    """The icon as PNG, without its round corners: systems cut out their own shape."""
    drawing = (STATIC / "icon.svg").read_text("utf-8").replace('rx="7" ', "")
    for side in ICON_SIDES:
        page = browser.new_page(viewport={"width": side, "height": side})
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing}")
        Image.open(io.BytesIO(page.screenshot())).quantize(16).save(STATIC / f"icon-{side}.png", optimize=True)
        page.close()


def take_card(browser, url):
    """What other sites show of a link to the page: a word on the pad, and what is read."""
    page = browser.new_page(viewport={"width": CARD_SIZE[0], "height": CARD_SIZE[1]})
    page.goto(url)
    for i, letter in enumerate("Hello"):
        (strokes,), _ = pen.draw(1, classes=[alphabet.CLASSES.index(letter)], seed=21)
        size = 0.36 * (1.0 if letter in "Hl" else 0.6)
        draw_with_mouse(page.locator("#pad"), strokes, size=size, centre=(0.5 + 0.14 * (i - 2), 0.68 - size / 2))
    expect(page.locator("#answer")).to_have_text("Hello")
    page.mouse.move(5, 5)
    page.wait_for_timeout(1000)  # the bars have come to rest
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(64).save(STATIC / "card.png", optimize=True)
    page.close()


def read_photo(text):
    """A JPEG file of a text by the first hand of which the shipped networks read every letter, and the text."""
    recognizer = Recognizer.load()
    for hand in range(HANDS):
        photo = compose.page(text, pen.draw_hand(hand), "photo", hand)
        jpeg = cv2.imencode(".jpg", photo.picture[..., ::-1])[1].tobytes()
        if recognizer.read(jpeg).text == photo.text:
            return jpeg, photo.text
    raise SystemExit(f"none of {HANDS} hands writes {text!r} so that it is read: choose another text")


def take_page(browser, url):
    """The page with a photo of two lines on it, one letter chosen."""
    jpeg, text = read_photo("Six Letters\nfind their way")
    page = browser.new_page(viewport={"width": 1024, "height": 760}, device_scale_factor=2)
    page.goto(url)
    page.set_input_files("#upload", {"name": "note.jpg", "mimeType": "image/jpeg", "buffer": jpeg})
    expect(page.locator("#answer")).to_have_text(text, use_inner_text=True)
    page.locator(".box").nth(3).click()
    page.mouse.move(5, 5)
    page.wait_for_timeout(1000)  # the bars have come to rest
    page.screenshot(path=ROOT / "docs" / "page.png")
    page.close()


def cut_covers():
    """A picture of each notebook: the figure of its cell that is tagged `cover`."""
    COVERS.mkdir(exist_ok=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        (cell,) = (cell for cell in notebook.cells if "cover" in cell.metadata.get("tags", []))
        (figure,) = (output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {}))
        picture = Image.open(io.BytesIO(base64.b64decode(figure))).convert("RGBA")
        picture.thumbnail(COVER_SIZE, Image.Resampling.LANCZOS)
        cover = Image.new("RGBA", COVER_SIZE, (255, 255, 255, 0))
        cover.paste(picture, [(a - b) // 2 for a, b in zip(COVER_SIZE, picture.size, strict=True)])
        cover.quantize(64).save(COVERS / f"{path.stem}.png", optimize=True)


class Film:
    """Pictures of a page, one after the other, as an animated GIF."""

    def __init__(self, page):
        self._page, self._frames, self._times = page, [], []

    def shoot(self, milliseconds):
        frame = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        self._frames.append(frame)
        self._times.append(milliseconds)

    def save(self, path):
        sheet = Image.new("RGB", (self._frames[0].width, 3 * self._frames[0].height))
        for i, part in enumerate((0, len(self._frames) // 2, -1)):
            sheet.paste(self._frames[part], (0, i * self._frames[0].height))
        palette = sheet.quantize(96)  # one for all, so that only what changes is stored
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=self._times, loop=0, optimize=True)


def take_film(browser, url):
    """The page in use: a letter is drawn, then a word is, then a photo is read."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(url)
    film = Film(page)
    film.shoot(700)
    for letters, shown, size in (("R", "R r", 0.7), ("Pen", "Pen", 0.4)):
        for i, letter in enumerate(letters):
            (strokes,), _ = pen.draw(1, classes=[alphabet.CLASSES.index(letter)], seed=21)
            height = 1.0 if letter in "RP" else 0.65
            x = 0.5 + 0.2 * (i - (len(letters) - 1) / 2)
            for stroke in points_on(page.locator("#pad"), strokes, size * height, (x, 0.5 + size * (1 - height) / 2)):
                page.mouse.move(*stroke[0])
                page.mouse.down()
                for j, point in enumerate(stroke[1:]):
                    page.mouse.move(*point)
                    if j % 6 == 5:
                        page.wait_for_timeout(60)
                        film.shoot(60)
                page.mouse.up()
        expect(page.locator("#answer")).to_have_text(shown)
        page.wait_for_timeout(400)
        film.shoot(1500)
        page.locator("#clear").click()
    page.locator("[data-example]").last.click()
    expect(page.locator("#answer")).to_have_text("Good\nmorning", use_inner_text=True)
    for number in (0, 3, 6):
        page.locator(".box").nth(number).click()
        page.wait_for_timeout(400)
        film.shoot(1200)
    film.save(ROOT / "docs" / "page.gif")
    page.close()


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
    cut_covers()
    server = waitress.create_server(create_app(settings=Settings(access_log="off")), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    url = f"http://127.0.0.1:{server.effective_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        draw_icons(browser)
        take_card(browser, url)
        take_page(browser, url)
        take_film(browser, url)
        take_notebook(browser)
        browser.close()
    server.close()


if __name__ == "__main__":
    main()
