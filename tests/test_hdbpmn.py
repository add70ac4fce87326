"""Words and labels cut out of a clone of hdBPMN: a made-up one, and clones that something is wrong with."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from letters import __main__, hdbpmn

# text, tilt in degrees, left, top, right, bottom: two labels side by side, the left one of two lines, and a lone word
WORDS = (
    ("order", -1.5, 104, 152, 180, 190),
    ("Send", 2.25, 100, 100, 170, 140),
    ("the", 0, 185, 102, 240, 142),
    ("low", 0, 600, 100, 660, 120),
    ("steep", 30, 640, 340, 740, 380),
    ("check", 0, 420, 210, 520, 290),
    ("2nd", 0, 540, 212, 600, 288),
)
SIZE = (800, 400)  # px
CSV = "writer,split\nwriter0003,train\nwriter0017,test\n"


def xml(words=WORDS, size=SIZE, declared=""):
    objects = "".join(
        f"<object><name>{text}</name><degree>{tilt}</degree><direction>lr</direction><bndbox><xmin>{left}</xmin>"
        f"<ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
        for text, tilt, left, top, right, bottom in words
    )
    dimensions = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
    return f'<?xml version="1.0" ?>{declared}<annotation>{dimensions}{objects}</annotation>'


@pytest.fixture
def clone(tmp_path):
    """A clone of two pages with the same words; each word is a patch of a grey level of its own."""
    data = tmp_path / "clone" / "data"
    photo = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    for number, (*_, left, top, right, bottom) in enumerate(WORDS):
        photo[top:bottom, left:right] = 20 * number
    for folder, writer in (("ex00", "0017"), ("ex01", "0003")):
        for part in ("images", "words"):
            (data / part / folder).mkdir(parents=True)
        cv2.imwrite(str(data / "images" / folder / f"{folder}_writer{writer}.jpg"), photo)
        (data / "words" / folder / f"{folder}_writer{writer}.xml").write_text(xml())
    (data / "writer_split.csv").write_text(CSV)
    return data.parent


def pictures(file):
    """All JPEGs of a file, decoded."""
    return [cv2.imdecode(file["blob"][a:b], cv2.IMREAD_GRAYSCALE) for a, b in pairwise(file["off"])]


def test_words_and_labels_are_cut_out(clone, tmp_path, capsys):
    assert __main__.main(["data", "--source", "hdbpmn", str(clone), "--output", str(tmp_path / "out")]) == 0
    paths = [tmp_path / "out" / name for name in (hdbpmn.WORDS, hdbpmn.LABELS)]
    assert capsys.readouterr().out.split() == [str(path) for path in paths]
    words, labels = (np.load(path) for path in paths)

    kept = ["order", "Send", "the", "check", "2nd"]  # neither the low nor the steep word
    assert words["text"].tolist() == kept * 2
    assert words["writer"].tolist() == [17] * 5 + [3] * 5
    assert words["split"].tolist() == [2] * 5 + [0] * 5
    assert words["page"].tolist() == ["ex00_writer0017"] * 5 + ["ex01_writer0003"] * 5
    np.testing.assert_allclose(words["degree"][:3], [-1.5, 2.25, 0])
    assert labels["text"].tolist() == ["Send the\norder", "check 2nd"] * 2
    assert labels["split"].tolist() == [2, 2, 0, 0]
    assert {"blob", "off", "text", "writer", "page", "split"} == set(labels.files)

    order, send, _, check, _ = pictures(words)[:5]
    assert send.shape == (40 + 2 * 8, 70 + 2 * 8)  # 0.18 of the height of 40 px is 7.2
    assert check.shape[0] == hdbpmn.MAX_WORD_HEIGHT  # 80 px and twice 15 are more
    assert abs(int(order[order.shape[0] // 2, order.shape[1] // 2]) - 0) < 10
    assert abs(int(send[28, 43]) - 20) < 10
    label = pictures(labels)[0]
    assert label.shape == (90 + 2 * 15, 140 + 2 * 15)  # 0.38 of the median height of 40 px is 15.2


def test_overlap_is_the_share_of_the_crop_that_others_cover(clone):
    page = next(hdbpmn.pages(clone))
    send = next(word for word in hdbpmn.cut_words(page, hdbpmn.read_photo(page)) if word["text"] == "Send")
    assert send["overlap"] == 0  # "the" and "order" are 15 px away or more in one direction, and the padding is 8
    near = page.boxes.copy()
    near[2] = [174, 92, 240, 148]  # "the" reaches 4 px into the crop of "Send", 56 px high
    moved = hdbpmn.Page(**{**vars(page), "boxes": near})
    send = next(word for word in hdbpmn.cut_words(moved, hdbpmn.read_photo(page)) if word["text"] == "Send")
    assert send["overlap"] == pytest.approx(4 * 56 / (86 * 56))


def test_a_label_that_shows_words_of_others_is_left_out(clone):
    page = next(hdbpmn.pages(clone))

    def labels(box):
        more = {"boxes": np.concatenate([page.boxes, [box]]), "texts": [*page.texts, "x"], "degrees": np.zeros(8)}
        shown = hdbpmn.Page(**{**vars(page), **more})
        return [label["text"] for label in hdbpmn.cut_labels(shown, hdbpmn.read_photo(page))]

    assert "check 2nd" in labels([450, 120, 500, 160])
    assert "check 2nd" not in labels([450, 160, 500, 190])  # its crop begins at 181 px


def test_words_of_a_tilted_label_are_in_reading_order():
    rows = [[(0, 0), (100, -8), (200, -16)], [(0, 45), (100, 37), (200, 29)]]
    boxes = np.array([[x, y + 100, x + 80, y + 140] for row in rows for x, y in row])
    mixed = np.random.default_rng(0).permutation(6)
    (label,) = hdbpmn.group(boxes[mixed])
    assert [[int(mixed[i]) for i in line] for line in hdbpmn.lines(boxes[mixed][label])] == [[0, 1, 2], [3, 4, 5]]


def test_boxes_are_cut_off_at_the_edges_of_the_photo(clone):
    word_file(clone).write_text(
        xml([("far", 0, 700, -5, 820, 40), ("gone", 0, 800, 0, 900, 40), ("", 0, 9, 9, 50, 50)])
    )
    page = next(hdbpmn.pages(clone))
    assert page.texts == ["far"] and page.boxes.tolist() == [[700, 0, 800, 40]]
    (far,) = hdbpmn.cut_words(page, hdbpmn.read_photo(page))
    assert cv2.imdecode(np.frombuffer(far["jpeg"], np.uint8), 0).shape == (40 + 8, 100 + 8)
    assert hdbpmn.cut_labels(page, hdbpmn.read_photo(page)) == []


def test_a_page_without_words_has_no_labels(clone):
    word_file(clone).write_text(xml([]))
    page = next(hdbpmn.pages(clone))
    photo = hdbpmn.read_photo(page)
    assert hdbpmn.cut_words(page, photo) == hdbpmn.cut_labels(page, photo) == []


def word_file(clone):
    return clone / "data" / "words" / "ex00" / "ex00_writer0017.xml"


def spoilt(clone, what):
    """Spoil a clone, and return what the message must name."""
    data = clone / "data"
    match what:
        case "no clone":
            return clone.rename(clone.with_name("elsewhere")) and "writer_split.csv"
        case "no words":
            (data / "words").rename(data / "texts")
            return "has no word boxes"
        case "unlisted writer":
            (data / "writer_split.csv").write_text("writer,split\nwriter0003,train\n")
            return "writer0017"
        case "other split":
            (data / "writer_split.csv").write_text(CSV.replace("test", "hidden"))
            return "line 3"
        case "no photo":
            (data / "images" / "ex01" / "ex01_writer0003.jpg").unlink()
            return "ex01_writer0003.jpg"
        case "broken photo":
            (data / "images" / "ex01" / "ex01_writer0003.jpg").write_bytes(b"none")
            return "cannot be opened"
        case "photo of another size":
            word_file(clone).write_text(xml(size=(900, 500)))
            return "900, 500"
        case "broken xml":
            word_file(clone).write_text(xml()[:-20])
            return "not XML"
        case "other encoding":
            word_file(clone).write_bytes(xml().encode("utf-16"))
            return "not XML in UTF-8"
        case "entities":
            word_file(clone).write_text(xml(declared='<!DOCTYPE a [<!ENTITY b "c">]>'))
            return "document type"
        case "endless":
            word_file(clone).write_text(xml() + " " * hdbpmn.MAX_XML)
            return "too many"
        case "no box":
            word_file(clone).write_text(xml().replace("bndbox", "polygon"))
            return "bndbox"
        case "a box of words":
            word_file(clone).write_text(xml().replace("<xmin>100<", "<xmin>left<"))
            return "not a number"


@pytest.mark.parametrize(
    "what",
    [
        *(
            "no clone",
            "no words",
            "unlisted writer",
            "other split",
            "no photo",
            "broken photo",
            "photo of another size",
        ),
        *("broken xml", "other encoding", "entities", "endless", "no box", "a box of words"),
    ],
)
def test_what_is_wrong_with_a_clone_is_said(clone, tmp_path, what):
    named = spoilt(clone, what)
    with pytest.raises(hdbpmn.HdbpmnError, match=named):
        hdbpmn.convert(clone, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_asks_for_the_folder(capsys):
    assert __main__.main(["data", "--source", "hdbpmn"]) == 2
    assert "FOLDER" in capsys.readouterr().err
    assert __main__.main(["data", "some folder"]) == 2
    assert "--source hdbpmn" in capsys.readouterr().err
