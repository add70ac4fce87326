"""The recogniser, the alphabet's arithmetic, and the command line, on the shipped model."""

import contextlib
import itertools
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import letters
from letters import alphabet, compose, ctc, ink, pen, writing
from letters import recognizer as recognizer_module
from letters.picture import PictureError
from letters.recognizer import BATCH, UNSURE_BELOW, ModelError


@pytest.fixture(scope="module")
def drawn():
    return pen.frames(BATCH + 44, seed=12, workers=1)


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "letters", *map(str, arguments)], capture_output=True, text=True)


def test_loading_it_imports_neither_tensorflow_nor_pandas():
    code = (
        "import sys, letters; letters.Recognizer.load(); "
        "print({'tensorflow', 'keras', 'pandas', 'sklearn', 'joblib', 'matplotlib'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (answer.stdout.strip(), answer.stderr) == ("set()", "")


def test_probabilities_do_not_depend_on_the_batch(recognizer, drawn):
    frames, _ = drawn
    together = recognizer.probabilities(frames)
    assert together.shape == (len(frames), 53) and together.dtype == np.float32
    assert np.allclose(together.sum(axis=1), 1, atol=1e-4)
    alone = np.concatenate([recognizer.probabilities(frame[None]) for frame in frames[:20]])
    assert np.allclose(alone, together[:20], atol=1e-4)
    assert recognizer.probabilities(frames[:0]).shape == (0, 53)


@pytest.mark.parametrize("width", [4, 60, 64, 68, 300])
def test_a_strip_has_a_column_of_probabilities_for_every_two_pixels(recognizer, width):
    strip = np.random.default_rng(width).integers(0, 256, (48, width), np.uint8)
    (columns,) = recognizer.columns([strip])
    assert columns.shape == (width // 2, ctc.OUTPUTS) and columns.min() >= 0
    for part in np.split(columns, [ctc.COLUMN_CLASSES], axis=1):  # classes and marks
        np.testing.assert_allclose(part.sum(axis=1), 1, atol=1e-5)


def test_several_threads_get_their_own_answers(recognizer, drawn):
    frames, _ = drawn
    expected = recognizer.probabilities(frames)
    wrong = []

    def read(start):
        for i in range(start, len(frames), 4):
            if not np.allclose(
                recognizer.probabilities(frames[i : i + 1 + start]), expected[i : i + 1 + start], atol=1e-4
            ):
                wrong.append(i)

    threads = [threading.Thread(target=read, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("name", alphabet.ALPHABETS)
def test_a_prediction_lists_all_letters_of_the_alphabet_best_first(recognizer, drawn, name):
    frames, labels = drawn
    predictions = recognizer.predict(frames, name)
    for prediction in predictions:
        candidates, probabilities = zip(*prediction.candidates, strict=True)
        assert sorted(candidates) == sorted(alphabet.ALPHABETS[name])
        assert list(probabilities) == sorted(probabilities, reverse=True)
        assert sum(probabilities) < 1.001  # the rest is what the network gives to no letter at all
        assert prediction.letter == candidates[0]
        assert prediction.unsure == (prediction.sureness < UNSURE_BELOW)
    fitting = [i for i, label in enumerate(labels) if label in alphabet.classes(name)]
    right = [predictions[i].letter.upper() == alphabet.CLASSES[labels[i]].upper() for i in fitting]
    assert np.mean(right) > 0.88


@given(hnp.arrays(np.float32, (5, 53), elements=st.floats(0, 1, width=32)))
def test_folded_probabilities_add_up_to_that_of_a_letter(weights):
    probabilities = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    letter = probabilities[:, :52].sum(axis=1)
    for name in alphabet.ALPHABETS:
        total = alphabet.fold(probabilities, name).sum(axis=1)
        members = probabilities[:, list(alphabet.classes(name))].sum(axis=1)
        assert ((np.abs(total - letter) < 1e-3) | (members < 1e-30)).all()


def test_another_alphabet_is_refused(recognizer, drawn):
    with pytest.raises(ValueError, match="upper, lower, any"):
        recognizer.predict(drawn[0][:1], "ABC")
    with pytest.raises(ValueError, match="upper, lower, any"):
        recognizer.read(np.zeros((9, 9), np.uint8), "ABC")
    with pytest.raises(ValueError, match="capitals only"):
        alphabet.fold(np.ones((1, 26), np.float32) / 26, "lower")


@pytest.mark.parametrize(
    "frames", [np.zeros((28, 28), np.uint8), np.zeros((1, 28, 28)), np.zeros((1, 20, 28), np.uint8)]
)
def test_what_is_no_frame_is_refused(recognizer, frames):
    with pytest.raises(ValueError, match="frames must be uint8"):
        recognizer.probabilities(frames)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="make train"):
        letters.Recognizer.load(tmp_path / "none.tflite")
    (tmp_path / "text.tflite").write_text("no model" * 100)
    with pytest.raises(ModelError, match="not a LiteRT network"):
        letters.Recognizer.load(tmp_path / "text.tflite")


@pytest.mark.parametrize("scale", [1, 7])
def test_reading_gives_the_box_in_pixels_of_the_picture(recognizer, strokes_of, scale):
    letter = writing.draw_strokes(strokes_of("K"))
    picture = np.zeros((400, 500), np.uint8)
    picture[100 : 100 + letter.shape[0], 300 : 300 + letter.shape[1]] = letter
    y, x = np.nonzero(picture > 100)
    reading = recognizer.read(picture.repeat(scale, 0).repeat(scale, 1), "upper")
    (found,) = reading.letters
    assert reading.text == "K" and reading.lines == ["K"] and found.letter == "K"
    assert found.frame.shape == (28, 28)
    expected = np.array([x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]) * scale
    assert np.abs(np.array(found.box) - expected).max() <= 4 * scale


def test_an_explanation_has_the_reading_and_what_the_networks_saw_on_the_way(recognizer):
    page = compose.page("HELLO\nYOU", pen.draw_hand(4), "canvas", seed=1)
    seen = recognizer.explain(page.picture, "upper")
    assert seen.reading.text == recognizer.read(page.picture, "upper").text == page.text
    assert seen.maps.ink.shape == seen.maps.core.shape and not seen.alone
    x, y, width, height = seen.part
    assert x >= 0 and y >= 0 and x + width <= page.picture.shape[1] and y + height <= page.picture.shape[0]
    for one, text in zip(seen.lines, ["HELLO", "YOU"], strict=True):
        assert len(one.symbols) == one.line.strip.shape[1] // 2 and len(one.boxes) == len(text)
        read = "".join(name for name, _ in itertools.groupby(name for name, _ in one.symbols) if name.strip())
        assert read == text and all(0 < probability <= 1.001 for _, probability in one.symbols)


def test_an_explanation_says_when_the_letter_network_read_the_picture(recognizer, strokes_of):
    assert recognizer.explain(writing.draw_strokes(strokes_of("K"))).alone


def test_of_a_turned_picture_the_part_that_was_seen_is_that_of_the_picture_as_it_was(recognizer):
    page = compose.page("MAKE HASTE", pen.draw_hand(3), "canvas", seed=2).picture[..., 0]
    lying = np.full((page.shape[1] + 300, page.shape[0] + 40), 255, np.uint8)
    lying[: page.shape[1], : page.shape[0]] = np.rot90(np.where(page < 128, 0, 255))
    seen = recognizer.explain(lying)
    assert seen.reading.turned == 90
    x, y, width, height = seen.part
    written = np.nonzero(lying == 0)
    for low, size, at in ((y, height, written[0]), (x, width, written[1])):
        assert low <= at.min() and at.max() < low + size < at.max() + 400
    assert recognizer.read(lying, turn=False).turned == 0


# ---------------------------------------------------------------------------------------- the command line


@pytest.fixture
def files(tmp_path, strokes_of):
    for letter in "Ag":
        Image.fromarray(255 - writing.draw_strokes(strokes_of(letter))).save(tmp_path / f"{letter}.png")
    (tmp_path / "broken.png").write_bytes(b"broken")
    return tmp_path


def test_read_prints_one_answer_a_picture(files):
    answer = run("read", files / "A.png", files / "g.png")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "A\nG\n", "")
    assert run("read", files / "g.png", "--alphabet", "lower").stdout == "g\n"


def test_read_prints_words_and_lines(tmp_path):
    page = compose.page("Many Words\nin lines", pen.draw_hand(1), "scan")
    Image.fromarray(page.picture).save(tmp_path / "scan.jpg")
    answer = run("read", tmp_path / "scan.jpg", "--language", "en")
    assert (answer.stdout.lower(), answer.stderr) == ("many words\nin lines\n", "")
    assert run("read", tmp_path / "scan.jpg", "--language", "en", "--fold").stdout == "MANY WORDS\nIN LINES\n"
    assert "invalid choice" in run("read", tmp_path / "scan.jpg", "--language", "xx").stderr


def test_read_gives_json(files):
    answer = json.loads(run("read", files / "A.png", "--json").stdout)
    (letter,) = answer["letters"]
    assert (answer["image"], answer["text"]) == (str(files / "A.png"), "A")
    assert letter["candidates"][0]["letter"] == "A" and len(letter["box"]) == 4 and letter["unsure"] is False


def test_a_bad_picture_is_named_and_the_others_are_read(files):
    answer = run("read", files / "broken.png", files / "none.png", files / "A.png")
    assert (answer.returncode, answer.stdout) == (1, "A\n")
    first, second = answer.stderr.splitlines()
    assert "broken.png: This file is " in first and "none.png" in second


def test_mistakes_on_the_command_line_are_explained(files):
    assert "invalid choice" in run("read", files / "A.png", "--alphabet", "all").stderr
    answer = run("pen", "--strokes", files / "none.npz")
    assert answer.returncode == 2 and "none.npz" in answer.stderr and "Traceback" not in answer.stderr
    answer = run("read", files / "A.png", "--model", files / "A.png")
    assert answer.returncode == 2 and "not a LiteRT network" in answer.stderr


def test_the_data_set_is_written_where_one_asks(tmp_path):
    answer = run("data", "--size", 104, "--output", tmp_path / "few.csv")
    assert answer.returncode == 0, answer.stderr
    lines = (tmp_path / "few.csv").read_text().splitlines()
    assert len(lines) == 105 and lines[0].startswith("label,pixel0,") and lines[1].count(",") == 784


def made_up_ways(monkeypatch, *texts, sideways):
    """A recognizer that reads a picture as one text after the other, whichever way it is turned; and whether each time
    it was read once."""

    def read_upright(maps, once=False, **_):
        found = [recognizer_module.FoundLetter([(name, 0.7)], (0, 0, 1, 1), None) for name in left.pop(0)]
        looks.append(once)
        return recognizer_module.Explanation(recognizer_module.Reading([[found]]), None, (0, 0, 80, 80), [], False)

    reader, left, looks = recognizer_module.Recognizer.load(), list(texts), []
    monkeypatch.setattr(recognizer_module.lines_of_writing, "is_sideways", lambda maps: sideways)
    monkeypatch.setattr(reader, "_read_upright", read_upright)
    return reader, looks


@pytest.fixture
def bar():
    """A picture with some ink, uint8 (80, 80, 3)."""
    picture = np.full((80, 80, 3), 255, np.uint8)
    picture[20:60, 38:42] = 0
    return picture


@pytest.mark.parametrize(
    ("upright", "turned", "degrees"),
    [("A", "PAPER", 90), ("C", "OU", 0), ("PAPER", "NAPER", 0), ("PAPERS", "PAPER", 0)],
)
def test_a_picture_is_turned_only_where_clearly_more_is_read_then(monkeypatch, bar, upright, turned, degrees):
    ways = [upright, turned, turned, ""] if degrees else [upright, turned, "", upright]
    reader, looks = made_up_ways(monkeypatch, *ways, sideways=True)
    assert reader.read(bar).turned == degrees
    assert looks == ([True, True, False, True] if degrees else [True, True, True, False])
    reader, _ = made_up_ways(monkeypatch, upright, sideways=True)
    assert reader.read(bar, turn=False).text == upright


def test_a_picture_that_reads_worse_at_a_glance_is_not_read_again(monkeypatch, bar):
    reader, looks = made_up_ways(monkeypatch, "PAPER", "PAP", sideways=False)
    assert reader.read(bar).text == "PAPER" and looks == [False, True]


def test_a_letter_is_read_where_the_desk_beside_its_sheet_is_taken_for_ink(recognizer, strokes_of, monkeypatch):
    read = []
    for letter in "ABEGHKMRSW":
        drawn = writing.draw_strokes(strokes_of(letter)).astype(np.float32) / 255
        plane = np.zeros((220, 260), np.float32)
        plane[40 : 40 + drawn.shape[0], 60 : 60 + drawn.shape[1]] = drawn
        plane[:, :12] = plane[:9] = plane[-14:, 40:] = 1
        maps = ink.Maps(plane, np.zeros_like(plane), 1.0, (0, 0))
        monkeypatch.setattr(ink, "maps", lambda picture, maps=maps: maps)
        with contextlib.suppress(PictureError):
            read.append(recognizer.read(np.zeros((220, 260), np.uint8)).text == letter)
    assert sum(read) >= 8
