"""What several tests share: the recogniser, running servers, a browser, and letters to draw."""

import itertools
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest
from chromium import ADVICE, chromium_path

SCREENSHOTS = Path(__file__).parent / "screenshots"

# no test fails because a machine is busy: what takes how long is for the benchmarks
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

LAUNCH = (
    "--no-sandbox",  # a container's root cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def recognizer():
    """The shipped recogniser."""
    import letters

    return letters.Recognizer.load()


@pytest.fixture
def blocks_drawn_here(monkeypatch):
    """Trainings by blocks draw them in this process: no second one to wait for."""
    from letters.training import loop

    @contextmanager
    def drawn(draw, seed, first=0):
        yield (draw([seed, number]) for number in itertools.count(first))

    monkeypatch.setattr(loop, "drawn", drawn)


@contextmanager
def served(recognizer):
    """The address of the app, served by waitress as `make demo` does."""
    import waitress

    from letters.serve.app import create_app
    from letters.serve.settings import Settings

    settings = Settings(rate_limit="1000/second", access_log="off")
    server = waitress.create_server(create_app(recognizer, settings), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture(scope="session")
def server_url(recognizer):
    """The address of the app with the shipped recogniser."""
    with served(recognizer) as url:
        yield url


@pytest.fixture(scope="session")
def made_up_server():
    """The address of the app with a made-up recogniser, and that recogniser."""
    from made_up import MadeUpRecognizer

    recognizer = MadeUpRecognizer()
    with served(recognizer) as url:
        yield url, recognizer


@pytest.fixture
def made_up(made_up_server):
    """The made-up recogniser behind `page`: a test chooses what it reads."""
    _, recognizer = made_up_server
    yield recognizer
    recognizer.reset()


@pytest.fixture(scope="session")
def strokes_of():
    """strokes_of("g", seed=0): one letter as the pen model writes it, a list of float32 (n, 2) strokes."""
    from letters import alphabet, pen

    def draw(letter, seed=0):
        (strokes,), _ = pen.draw(1, classes=[alphabet.CLASSES.index(letter)], seed=seed)
        return strokes

    return draw


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    if path is None:
        pytest.fail(ADVICE, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield chromium
        chromium.close()


@contextmanager
def opening_pages(browser, url):
    """open_page(**options of a Playwright context): the opened page. At the end the test fails if a page
    logged an error or asked anything of another origin."""
    contexts, wrong = [], []

    def watch_console(message):
        # the browser logs an error status of /predict as well, which the page itself handles and shows
        if message.type == "error" and not message.location.get("url", "").endswith("/predict"):
            wrong.append(f"console: {message.text}")

    def watch_requests(request):
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(url + "/"):
            wrong.append(f"left the origin: {request.url}")

    def open_page(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", watch_console)
        page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
        page.on("request", watch_requests)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def new_page(browser, made_up_server, made_up):
    """new_page(**options): a page of the server with the made-up recogniser, as `opening_pages` opens it."""
    url, _ = made_up_server
    with opening_pages(browser, url) as open_page:
        yield open_page


@pytest.fixture
def page(new_page):
    """The page at 1024 x 768, read by the made-up recogniser."""
    return new_page(viewport={"width": 1024, "height": 768})


@pytest.fixture
def reading_page(browser, server_url):
    """The page at 1024 x 768, read by the shipped recogniser."""
    with opening_pages(browser, server_url) as open_page:
        yield open_page(viewport={"width": 1024, "height": 768})


@pytest.fixture(scope="session")
def screenshots():
    """The folder (git-ignored) for pictures that a person can look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS
