"""The benchmark of accents and digits, on made-up fonts and digits, and with a made-up recogniser."""

import string

import numpy as np
import pytest

from benchmarks import characters as benchmark
from benchmarks import tables
from letters import characters, pen
from letters.picture import PictureError

MARKED = "àáâãäåçèéêëìíîïñòóôõöùúûüßæœ"


def write_file(path, labels, writers, **more):
    """A stroke file in which each character is two strokes; those with a mark are a third higher."""
    points, lengths, counts = [], [], []
    for label in labels:
        top = 40 if characters.decompose(label)[1] else 80
        points += [(60, 80), (160, 200), (60, 200), (100, top)]
        lengths += [2, 2]
        counts.append(2)
    labelled = {"label": np.array(labels), "writer": np.array(writers, np.int16)}
    classes = [string.ascii_uppercase.find(label.upper()) for label in labels]
    known = {"y": np.array(classes, np.int64) % 256, "case": np.array([label.islower() for label in labels], np.uint8)}
    strokes = {"pts": np.array(points, np.uint8), "stroke_len": np.array(lengths), "n_strokes": np.array(counts)}
    np.savez(path, **labelled, **known, **strokes, **more)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("characters")
    glyphs = [*string.ascii_letters, *MARKED]
    fonts = write_file(
        folder / "fonts.npz", 2 * glyphs, [0] * len(glyphs) + [1] * len(glyphs), hand=np.array([True, False])
    )
    digits = write_file(folder / "digits.npz", list(2 * characters.DIGITS), [3] * 10 + [4] * 10)
    return fonts, digits


def test_hands_have_the_marks_of_print_like_fonts_at_the_size_of_their_letters(files):
    (hand,) = benchmark.font_hands(files[0])
    assert {name for name in hand if isinstance(name, str)} == set(MARKED)
    points = np.concatenate(hand["é"][0])
    assert points[:, 1].max() == pytest.approx(0) and -0.95 < points[:, 1].min() < -0.6


def test_digits_are_those_of_held_out_writers_only(files):
    (hand,) = benchmark.digit_hands(files[1], [pen.draw_hand(1)])
    assert {name for name in hand if isinstance(name, str)} == set(characters.DIGITS)
    train, held_out = (pen.read_digits(files[1], held_out=apart) for apart in (False, True))
    assert len(train[0]) == len(held_out[0]) == 10 and train[1].tolist() == list(range(10))
    with pytest.raises(pen.StrokeFileError, match="no file of digits"):
        np.savez(files[1].with_name("bare.npz"), pts=np.zeros((2, 2)), stroke_len=[2], n_strokes=[1], y=[0], case=[0])
        pen.read_digits(files[1].with_name("bare.npz"))


class Reader:
    """Finds nothing without a language, and says the same with any."""

    def __init__(self):
        self.asked = set()

    def read(self, picture, alphabet, language):
        self.asked.add((alphabet, language))
        if language is None:
            raise PictureError("no_ink", "nothing")
        return type("Answer", (), {"text": "a"})


def test_every_text_is_read_with_its_alphabet_and_language_and_has_its_line(files):
    reader = Reader()
    rows = benchmark.measure(reader, *files, each=1)
    assert {("latin", None), ("latin", "de"), ("latin", "fr"), ("text", None), ("text", "en")} <= reader.asked
    assert all(row["edits"] == row["characters"] for row in rows if row["language"] is None)
    assert all(row["edits"] <= row["characters"] for row in rows)
    shown = tables.characters({"characters": rows})
    assert "| words with accents: German | `latin` | 3 | 100.0 % |" in shown and "| numbers | `text` |" in shown
