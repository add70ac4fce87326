"""Situations: that they are what their kinds say, that the same seed draws the same, and how readers are judged."""

import io
import itertools
import json
from dataclasses import dataclass

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from benchmarks import scenery, situations
from letters import alphabet, ink
from letters.picture import PictureError, open_picture


@pytest.fixture(scope="module")
def drawn():
    """All situations of one seed, by kind."""
    found = {}
    for each in situations.make(1):
        found.setdefault(each.kind, []).append(each)
    return found


pillow_heif.register_heif_opener()  # so that Pillow reads HEIC here


def opened(situation):
    return Image.open(io.BytesIO(situation.data))


def test_there_are_many_of_many_kinds(drawn):
    assert sum(map(len, drawn.values())) >= 200
    assert len(drawn) >= 40 and min(map(len, drawn.values())) >= 4
    names = [each.name for of_kind in drawn.values() for each in of_kind]
    assert len(set(names)) == len(names)


def test_the_same_seed_draws_the_same():
    def first(seed):
        return list(itertools.islice(situations.make(seed), 40))

    assert first(5) == first(5)
    assert [a.data == b.data for a, b in zip(first(5), first(6), strict=True)].count(True) == 0


def test_every_picture_opens_and_only_blank_ones_have_no_text(drawn):
    for kind, of_kind in drawn.items():
        for each in of_kind:
            picture = open_picture(each.data)
            assert picture.dtype == np.uint8 and picture.ndim == 3 and min(picture.shape[:2]) >= 14, each.name
            assert (each.expected == "") == kind.startswith("blank"), each.name
            assert each.expected.replace(" ", "").isalpha() or not each.expected


def test_a_letter_alone_is_never_one_of_two(drawn):
    assert not any(each.expected == "I" for of_kind in drawn.values() for each in of_kind)


def test_files_are_what_their_kinds_say(drawn):
    assert all(each.data[24] == 16 for each in drawn["16 bits a channel"] if each.data[:4] == b"\x89PNG")
    assert {opened(each).mode for each in drawn["few colours"]} <= {"1", "P"}
    assert {opened(each).mode for each in drawn["CMYK"]} == {"CMYK"}
    assert [opened(each).getexif()[0x0112] for each in drawn["orientation said by EXIF"]] == [3, 6, 8, 2, 4, 5, 7, 6]
    assert len({opened(each).format for each in drawn["other formats"][:4]}) == 3  # BMP twice
    for kind in ("ink on a transparent ground", "sticker with a white rim", "picture with some transparency"):
        assert all(opened(each).getchannel("A").getextrema()[0] < 255 for each in drawn[kind])
    assert all("transparency" in opened(each).info for each in drawn["transparent entry of a palette"])


def test_pictures_are_upright_but_for_those_that_are_turned(drawn):
    for each in drawn["orientation said by EXIF"]:
        height, width = open_picture(each.data).shape[:2]
        assert len(each.expected) == 1 or width > 1.5 * height
    turned = [opened(each).size for each in drawn["turned by a quarter or a half"]]
    assert [width < height for width, height in turned] == [True, True, False] * 2 + [True, True]


def test_ink_of_equal_brightness_vanishes_in_grey(drawn):
    for each in drawn["ink as bright as its ground"][::2]:
        colours = np.asarray(opened(each)).reshape(-1, 3).astype(float)
        assert np.ptp([scenery.luma(colour) for colour in colours]) < 6
        assert np.linalg.norm(colours.max(axis=0) - colours.min(axis=0)) > 100


def test_lights_and_desks_change_what_is_around_the_ink(drawn):
    spread = {kind: np.mean([np.asarray(opened(each).convert("L")).std() for each in drawn[kind]]) for kind in drawn}
    for kind in ("hard shadow", "under a lamp", "sheet on a patterned desk"):
        assert spread[kind] > spread["small in a large picture"] + 10


def test_the_letters_are_legible(recognizer):
    """Nearly all forms are read right from a clean picture; the few that another network misreads do not matter."""
    right = []
    for name, letters in scenery.forms().items():
        for letter in letters:
            points = np.concatenate(letter)
            scale = 120 / np.ptp(points, axis=0).max()
            writing, shape = scenery.on_sheet([[stroke * scale for stroke in letter]], (30, 30, 30, 30))
            clean = scenery.inked(scenery.plain(shape, 255), scenery.coverage(writing, shape, 9), 0)
            (found,) = recognizer.predict(ink.frame(scenery.picture(clean))[None])
            right.append(found.letter == name.upper())
    assert set(scenery.forms()) == set(alphabet.CLASSES)
    assert np.mean(right) > 0.95


def test_there_is_no_desk_of_another_kind():
    with pytest.raises(ValueError, match="marble"):
        scenery.desk("marble", (20, 20), np.random.default_rng(0))


# ---------------------------------------------------------------------------------------------- measuring


@dataclass
class Reader:
    """Answers by the grey level of the first pixel."""

    name: str
    told: dict

    def read(self, picture):
        answer = self.told[int(picture[0, 0, 0])]
        if isinstance(answer, PictureError):
            raise answer
        return answer


def png(level):
    stream = io.BytesIO()
    Image.new("RGB", (20, 20), (level,) * 3).save(stream, "PNG")
    return stream.getvalue()


SOME = [
    situations.Situation("a", "boxes", png(10), "Hello World"),
    situations.Situation("b", "boxes", png(20), "A"),
    situations.Situation("c", "blank", png(30), ""),
    situations.Situation("d", "blank", png(40), ""),
]


def test_answers_are_right_without_case_and_lines():
    no_ink = PictureError("no_ink", "none")
    right = Reader("right", {10: "HELLO\n world ", 20: "a", 30: "", 40: no_ink})
    wrong = Reader("wrong", {10: "HELLOWORLD", 20: no_ink, 30: "l", 40: " \n"})
    result = situations.measure(SOME, [right, wrong])
    assert result["pictures"] == 4
    assert result["right"] == {"right": 1.0, "wrong": 0.25}
    assert result["kinds"] == [
        {"kind": "boxes", "pictures": 2, "right": {"right": 2, "wrong": 0}},
        {"kind": "blank", "pictures": 2, "right": {"right": 2, "wrong": 1}},
    ]
    first = result["answers"][0]
    assert first["answers"] == {"right": "HELLO\n world ", "wrong": "HELLOWORLD"}
    assert first["right"] == {"right": True, "wrong": False} and first["refused"] is None


def test_a_refused_file_is_wrong_for_all():
    spoilt = [situations.Situation("e", "files", b"no picture", ""), SOME[1]]
    result = situations.measure(spoilt, [Reader("ours", {20: "A"})])
    assert result["right"] == {"ours": 0.5}
    assert result["answers"][0]["refused"] == "not_an_image"


def test_another_refusal_is_not_hidden():
    with pytest.raises(PictureError, match="slow"):
        situations.measure(SOME[:1], [Reader("ours", {10: PictureError("too_slow", "slow")})])


def test_a_folder_is_read_as_its_list_says(tmp_path):
    (tmp_path / "one.png").write_bytes(png(10))
    (tmp_path / "two.png").write_bytes(png(30))
    (tmp_path / "unlisted.png").write_bytes(png(40))
    listed = tmp_path / "expected.json"
    listed.write_text(json.dumps({"one.png": "Hello", "two.png": ""}))
    found = list(situations.read_folder(tmp_path))
    assert [(each.name, each.kind, each.expected) for each in found] == [
        ("one.png", tmp_path.name, "Hello"),
        ("two.png", tmp_path.name, ""),
    ]
    assert found[0].data == png(10)
    listed.write_text(json.dumps({"three.png": "x"}))
    with pytest.raises(FileNotFoundError, match=r"three\.png"):
        list(situations.read_folder(tmp_path))
    for wrong in (["one.png"], {"one.png": None}):
        listed.write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match=r"expected\.json"):
            list(situations.read_folder(tmp_path))
