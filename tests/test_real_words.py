"""The measuring of real words and labels, on made-up files and with made-up readers."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from benchmarks import words
from letters.picture import PictureError
from letters.training.words import is_held_out

TEXTS = ["Order", "pay bill", "order\nform", "Mr. Sky", "2 days", "quartz", "Order", "order"]
WRITERS = [3, 3, 4, 4, 9, 9, 1, 1]
SPLIT = [2, 2, 2, 2, 2, 2, 0, 1]


def write_file(path, texts=TEXTS, writers=WRITERS, **more):
    """A word file whose pictures are of one grey level each: 20 times the number of the picture."""
    files = [cv2.imencode(".png", np.full((30, 60, 3), 20 * i, np.uint8))[1].ravel() for i in range(len(texts))]
    off = np.cumsum([0, *map(len, files)])
    np.savez(path, **{"blob": np.concatenate(files), "off": off, "text": texts, "writer": writers} | more)


@dataclass
class Reader:
    """Answers with what it is told of the picture with that number."""

    name: str
    told: list

    def read(self, picture):
        assert picture.dtype == np.uint8 and picture.shape == (30, 60, 3)
        answer = self.told[round(float(picture.mean()) / 20)]
        if isinstance(answer, PictureError):
            raise answer
        return answer


@pytest.fixture
def folder(tmp_path):
    write_file(tmp_path / "some_words.npz", split=np.array(SPLIT, np.uint8))
    np.savez(tmp_path / "letters.npz", x=np.zeros(3))  # not a word file
    return tmp_path


def row(result, kind, reader, file="some_words"):
    (found,) = [row for row in result["files"][file]["rows"] if (row["kind"], row["reader"]) == (kind, reader)]
    return found


def test_edits_have_no_bound_and_no_case():
    assert words.counts("Pay  the\nBill", "pay the bill") == (0, 12, 3, 3)
    assert words.counts("ab", "xxxxxx") == (6, 2, 0, 1)
    assert words.counts("kitten", "sitting") == (3, 6, 0, 1)
    assert words.counts("the the cat", "THE dog cat cat")[2:] == (2, 3)
    assert words.counts("lost", "") == (4, 4, 0, 1)


def test_words_of_a_text_go_without_signs_at_their_ends():
    assert words.tokens('Mark as\n"not OK", (self-made) -') == ["mark", "as", "not", "ok", "self-made"]


def test_a_fifth_of_all_words_is_held_out():
    many = [f"word{i}" for i in range(5000)]
    held = [word for word in many if is_held_out(word)]
    assert 0.18 < len(held) / len(many) < 0.22
    assert held == [word for word in many if is_held_out(word.upper())]
    assert [word for word in ("hello", "world", "order", "the") if is_held_out(word)] == ["hello", "order"]


def test_rates_are_of_all_characters_and_intervals_of_writers():
    counted = np.array([[1, 10, 1, 1], [0, 30, 2, 2], [5, 10, 0, 1]])
    found = words.rates(counted, np.array([7, 7, 2]))
    assert found["cer"] == pytest.approx(6 / 50)
    assert found["words_right"] == pytest.approx(3 / 4)
    low, high = found["cer_interval"]  # either writer alone may be drawn
    assert (low, high) == pytest.approx((1 / 40, 5 / 10))
    assert (found["pictures"], found["writers"], found["characters"]) == (3, 2, 50)
    assert found == words.rates(counted, np.array([7, 7, 2]))
    alone = words.rates(counted, np.array([7, 7, 7]))
    assert alone["cer"] == found["cer"] and alone["cer_interval"] is None


def test_the_interval_narrows_with_more_writers():
    rng = np.random.default_rng(0)

    def width(writers):
        edits = rng.binomial(20, 0.2, writers)
        counted = np.stack([edits, np.full(writers, 20), edits == 0, np.ones(writers, int)], axis=1)
        low, high = words.rates(counted, np.arange(writers))["cer_interval"]
        assert low < 0.2 < high
        return high - low

    assert width(200) < 0.6 * width(20)


def test_readers_are_measured_by_kind_of_text(folder):
    told = [text.upper() for text in TEXTS]
    told[1], told[5] = "pay", PictureError("no_ink", "none")
    result = words.measure(folder, [Reader("right", TEXTS), Reader("some", told)])
    assert result["split"] == "test" and list(result["files"]) == ["some_words"]
    assert row(result, "all", "right")["cer"] == 0 and row(result, "all", "right")["words_right"] == 1
    some = row(result, "all", "some")
    length = sum(map(len, TEXTS[:6]))
    assert some["cer"] == pytest.approx((len(" bill") + len("quartz")) / length)
    assert some["words_right"] == pytest.approx(8 / 10)
    assert row(result, "letters only", "some")["pictures"] == 4  # neither "Mr. Sky" nor "2 days"
    unseen = row(result, "words not in training texts", "some")  # "order" is in the train split
    assert unseen["pictures"] == 4


def test_held_out_words_are_those_that_the_caller_says(folder):
    result = words.measure(folder, [Reader("right", TEXTS)], is_held_out=lambda word: word in ("order", "form", "pay"))
    assert row(result, "held-out words", "right")["pictures"] == 2  # "pay bill" has another word
    result = words.measure(folder, [Reader("right", TEXTS)], is_held_out=lambda word: False)
    assert "held-out words" not in [row["kind"] for row in result["files"]["some_words"]["rows"]]


def test_answers_are_kept_and_writers_ranked(folder):
    told = ["", "pay bill", "order\nform", "Mr. Sky", "wrong", "wrong", "", ""]
    file = words.measure(folder, [Reader("ours", told), Reader("peer", TEXTS)])["files"]["some_words"]
    assert [(each["number"], each["writer"], each["text"]) for each in file["answers"]] == [
        *zip(range(6), WRITERS[:6], TEXTS[:6], strict=True)
    ]
    assert file["answers"][0]["answers"] == {"ours": "", "peer": "Order"}
    assert [row["writer"] for row in file["writers"]] == [4, 3, 9]
    assert file["writers"][1]["cer"] == {"ours": pytest.approx(5 / 13), "peer": 0}


def test_a_refusal_other_than_no_ink_is_not_hidden(folder):
    told = [*TEXTS[:3], PictureError("too_slow", "it takes too long"), *TEXTS[4:]]
    with pytest.raises(PictureError, match="too long"):
        words.measure(folder, [Reader("ours", told)])


@pytest.mark.parametrize(("split", "numbers"), [("train", [6]), ("validation", [7]), ("test", [0, 1, 2, 3, 4, 5])])
def test_only_the_split_is_read(folder, split, numbers):
    assert words.read(folder / "some_words.npz", split).number.tolist() == numbers


def test_a_limit_takes_an_evenly_spread_sample(folder):
    assert words.read(folder / "some_words.npz", limit=3).number.tolist() == [0, 2, 5]
    assert words.read(folder / "some_words.npz", limit=99).number.tolist() == [0, 1, 2, 3, 4, 5]
    result = words.measure(folder, [Reader("right", TEXTS)], limit=2)
    assert [each["number"] for each in result["files"]["some_words"]["answers"]] == [0, 5]


def test_a_file_without_a_split_is_read_whole(tmp_path):
    write_file(tmp_path / "all.npz")
    assert len(words.read(tmp_path / "all.npz").texts) == 8
    assert words.training_words([tmp_path / "all.npz"]) == set()


def test_training_words_are_those_of_all_files(folder):
    write_file(folder / "more.npz", split=np.array([0] * 6 + [2] * 2, np.uint8))
    found = words.training_words(words.find(folder))
    assert {"order", "pay", "sky", "mr", "2"} <= found
    assert [path.stem for path in words.find(folder)] == ["more", "some_words"]


def test_what_is_wrong_with_a_folder_is_said(folder, tmp_path):
    with pytest.raises(words.WordFileError, match="not a folder"):
        words.measure(folder / "none", [])
    with pytest.raises(words.WordFileError, match="split must be one of"):
        words.measure(folder, [], split="hidden")
    (tmp_path / "empty").mkdir()
    with pytest.raises(words.WordFileError, match="no word file"):
        words.measure(tmp_path / "empty", [])
    write_file(tmp_path / "empty" / "train.npz", split=np.zeros(8, np.uint8))
    with pytest.raises(words.WordFileError, match="test split"):
        words.measure(tmp_path / "empty", [])
    write_file(tmp_path / "empty" / "train.npz", off=np.array([0, 9]))
    with pytest.raises(words.WordFileError, match="off does not fit"):
        words.measure(tmp_path / "empty", [])
