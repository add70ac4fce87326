"""The report of real pictures and situations: all is in it, nothing else is asked for, and it fits a phone."""

import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from benchmarks import report, situations, words

ALONE = {"meta", "img", "link", "br"}  # elements without an end


class Tags(HTMLParser):
    """Checks that elements are closed in order; collects pictures and texts."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        if tag not in ALONE:
            self.open.append(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        assert tag != "script"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


class Reader:
    """Answers with the same text to every picture."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def read(self, picture):
        return self.text


READERS = [Reader("ours", "order"), Reader("peer <b>", "x" * 200)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of word files, eight writers of two words each, and a folder of pictures with expected.json."""
    data, cases = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("cases")
    texts = [f"Order {'&' * i}" for i in range(8) for _ in range(2)]
    picture = np.full((90, 700, 3), 200, np.uint8)
    file = cv2.imencode(".jpg", picture)[1].ravel()
    off = np.arange(17) * len(file)
    np.savez(data / "labels.npz", blob=np.tile(file, 16), off=off, text=texts, writer=np.arange(16) // 2)
    cv2.imwrite(str(cases / "boxed.png"), picture)
    (cases / "spoilt.png").write_bytes(b"nothing")
    (cases / "expected.json").write_text(json.dumps({"boxed.png": "<i>", "spoilt.png": "A"}))
    return data, cases


@pytest.fixture(scope="module")
def answers(folders):
    data, cases = folders
    measured = situations.measure(situations.read_folder(cases), READERS)
    return {"real": words.measure(data, READERS), "situations": {cases.name: measured}}


@pytest.fixture(scope="module")
def path(folders, answers):
    path = folders[0] / "report.html"
    about = {"command": "make benchmark", "networks": {"letters.tflite": "ab" * 32}, "runs": [1, 2]}
    report.write(path, answers, about, *folders)
    return path


def parsed(path):
    tags = Tags()
    tags.feed(path.read_text("utf-8"))
    assert tags.open == []
    return tags


def test_it_stands_alone(path):
    tags = parsed(path)
    assert all(source.startswith(("#", "data:image/webp;base64,")) for source in tags.sources)
    assert sum(source.startswith("data:") for source in tags.sources) == 6 * 2 + 1  # six writers, one situation
    assert not re.search(r"https?:|@import|url\(", path.read_text("utf-8"))


def test_texts_and_provenance_are_in_it(path):
    text = parsed(path).text
    for part in (
        "Worst writers: number 7",
        "Best writers: number 0",
        "make benchmark",
        "ab" * 32,
        "1, 2",
        "refused: not_an_image",
    ):
        assert part in text
    assert "<i>" in text and "peer <b>" in text  # as text, not as elements
    assert text.index("number 7") < text.index("number 6") < text.index("number 0")
    assert "140 more" in text  # of an answer of 200 letters


def test_edits_are_marked():
    assert report._marked("Kitten", "SITTEN") == [("S", "wrong"), ("ITTEN", "right")]
    assert report._marked("cat", "ca") == [("ca", "right"), ("t", "missing")]
    assert report._marked("", "") == [("nothing", "empty")]
    assert report._marked("MASS", "maß") == [("mass", "right")]  # not of the same length unfolded


def test_situations_can_be_drawn_again(tmp_path):
    first = next(iter(situations.make(3)))
    result = situations.measure([first], READERS)
    report.write(tmp_path / "report.html", {"situations": {"drawn": result}}, {}, seed=3)
    assert "letter in a box" in parsed(tmp_path / "report.html").text


def test_pictures_that_were_not_measured_are_noticed(folders, answers, tmp_path):
    data, cases = folders
    changed = json.loads(json.dumps(answers))
    changed["real"]["files"]["labels"]["answers"][0]["text"] = "another"
    with pytest.raises(ValueError, match="picture 0 is not the one"):
        report.write(tmp_path / "report.html", changed, {}, data, cases)
    changed = json.loads(json.dumps(answers))
    changed["situations"][cases.name]["answers"][0]["name"] = "gone.png"
    with pytest.raises(ValueError, match=r"gone\.png"):
        report.write(tmp_path / "report.html", changed, {}, data, cases)


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_window(browser, path, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.clientWidth <= image.parentElement.clientWidth)")
    page.close()
