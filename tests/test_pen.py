"""The pen model: learnt from strokes, saved, loaded, and drawn from."""

import json

import numpy as np
import pytest
from strokes import write_strokes

from benchmarks import transfer
from letters import alphabet, pen


@pytest.fixture(scope="module")
def drawn():
    """2,600 drawn letters in the 0..255 box of a stroke file, and their labels."""
    letters, labels = pen.draw(2600, seed=3)
    scaled = []
    for letter in letters:
        points = np.concatenate(letter)
        low, size = points.min(0), np.ptp(points, axis=0).max()
        scaled.append([(stroke - low) / size * 255 for stroke in letter])
    return scaled, labels


def test_drawn_letters_are_repeatable_balanced_and_labelled():
    letters, labels = pen.draw(530, seed=1)
    again, same = pen.draw(530, seed=1)
    other, _ = pen.draw(530, seed=2)
    assert np.array_equal(labels, same)
    points, points_again, points_other = (
        np.concatenate([stroke for letter in many for stroke in letter]) for many in (letters, again, other)
    )
    assert np.array_equal(points, points_again) and not np.array_equal(points, points_other)
    assert set(np.bincount(labels, minlength=52)) == {10, 11}
    assert {(stroke.shape, str(stroke.dtype)) for letter in letters for stroke in letter} == {((32, 2), "float32")}


def test_frames_are_the_same_bytes_whatever_the_number_of_workers():
    one, labels = pen.frames(1100, seed=4, workers=1)
    two, same = pen.frames(1100, seed=4, workers=2)
    assert one.shape == (1100, 28, 28) and one.dtype == np.uint8
    assert np.array_equal(one, two) and np.array_equal(labels, same)


def test_drawn_letters_are_read_as_what_they_are(recognizer):
    frames, labels = pen.frames(2600, seed=77)
    probabilities = recognizer.probabilities(frames)
    for case, name in enumerate(("upper", "lower")):
        chosen = labels // 26 == case
        assert (alphabet.fold(probabilities[chosen], name).argmax(1) == labels[chosen] % 26).mean() > 0.9


@pytest.mark.parametrize("n", [0, 1, 51])
def test_any_number_of_any_classes_can_be_drawn(n):
    letters, labels = pen.draw(n, classes=[0, 30])
    assert len(letters) == len(labels) == n and set(labels) <= {0, 30}
    assert pen.frames(n, classes=[0, 30])[0].shape == (n, 28, 28)


@pytest.mark.parametrize(("n", "classes"), [(-1, None), (5, []), (5, [52]), (5, [-1])])
def test_what_cannot_be_drawn_is_refused(n, classes):
    with pytest.raises(ValueError, match="must"):
        pen.draw(n, classes)


def test_a_model_learns_from_a_stroke_file_and_survives_being_saved(drawn, tmp_path):
    letters, labels = pen.read_strokes(write_strokes(tmp_path / "strokes.npz", *drawn))
    assert len(letters) == 2600 and np.array_equal(labels, drawn[1])
    model = pen.fit(letters, labels)
    pen.save(model, tmp_path / "model.npz")
    loaded = pen.load(tmp_path / "model.npz")
    assert loaded.keys() == model.keys()
    shares = np.zeros(52)
    for strokes, forms in loaded.items():
        np.add.at(shares, forms.label, forms.share)
        shape = forms.strokes(0, np.zeros(pen.COMPONENTS))
        assert shape.shape == (strokes, pen.POINTS, 2)
        assert shape.min() > -0.1 and shape.max() < 1.1
    assert np.allclose(shares, 1, atol=1e-5)


def test_letters_that_are_not_for_learning_are_left_out(drawn, tmp_path):
    n = len(drawn[1])
    marks = {
        "split": np.arange(n) % 2,
        "broken": np.arange(n) % 3 == 0,
        "dup": np.arange(n) % 5 == 0,
        "agree": np.where(np.arange(n) % 7 == 0, 0, 0.5),
    }
    kept = (marks["split"] == 0) & ~marks["broken"] & ~marks["dup"] & (marks["agree"] > 0)
    _, labels = pen.read_strokes(write_strokes(tmp_path / "strokes.npz", *drawn, **marks))
    assert np.array_equal(labels, drawn[1][kept])


def test_a_stroke_file_is_read_writer_by_writer(drawn, tmp_path):
    n = len(drawn[1])
    marks = {"split": np.repeat([0, 2], n // 2), "writer": np.arange(n) % 3, "broken": np.arange(n) % 10 == 0}
    writers = pen.read_writers(write_strokes(tmp_path / "strokes.npz", *drawn, **marks))
    assert sorted(writers) == [0, 1, 2]
    kept = (marks["split"] == 2) & ~marks["broken"]
    for writer, letters in writers.items():
        labels = np.sort(drawn[1][kept & (marks["writer"] == writer)])
        assert sorted(letters) == sorted(set(labels.tolist())) and sum(map(len, letters.values())) == len(labels)
    with pytest.raises(pen.StrokeFileError, match="who wrote what"):
        pen.read_writers(write_strokes(tmp_path / "strokes.npz", *drawn))


def test_a_hand_writes_a_letter_always_alike(drawn):
    hand = pen.draw_hand(4, each=4)
    assert sorted(hand) == list(range(52)) and all(len(letters) == 4 for letters in hand.values())
    assert all(len({len(letter) for letter in letters}) == 1 for letters in hand.values())
    again, other = pen.draw_hand(4, each=4), pen.draw_hand(5)
    assert all(np.array_equal(a, b) for a, b in zip(hand[3][0], again[3][0], strict=True))
    assert any(len(hand[label][0]) != len(other[label][0]) for label in hand)


def test_a_file_of_another_kind_is_refused_by_name(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    for read in (pen.read_strokes, pen.load):
        with pytest.raises(pen.StrokeFileError, match=r"other\.npz"):
            read(tmp_path / "other.npz")
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none.npz")


def test_strokes_that_do_not_add_up_are_refused(drawn, tmp_path):
    path = write_strokes(tmp_path / "strokes.npz", *drawn)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["n_strokes"] = arrays["n_strokes"].copy()
    arrays["n_strokes"][0] += 1
    np.savez(path, **arrays)
    with pytest.raises(pen.StrokeFileError, match="n_strokes adds up"):
        pen.read_strokes(path)


def test_a_class_without_letters_is_named(drawn):
    letters, labels = drawn
    others = np.flatnonzero(labels != alphabet.CLASSES.index("q"))
    with pytest.raises(pen.StrokeFileError, match="needed of q"):
        pen.fit([letters[i] for i in others], labels[others])


def test_resampled_points_are_equally_far_apart():
    stroke = np.array([[0, 0], [0.1, 0], [0.1, 0], [3, 0], [3, 4]], np.float32)
    points = pen.resample(stroke, 70)
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert np.allclose(points[[0, -1]], stroke[[0, -1]])
    assert np.allclose(steps, 0.1, atol=0.03)


def test_transfer_trains_on_either_kind_and_tests_on_both(tmp_path, drawn):
    letters, labels = drawn
    split = np.arange(len(labels)) % 5 // 4 * 2  # every fifth is for the test
    writer = np.arange(len(labels)) % 10
    path = write_strokes(tmp_path / "mine.npz", letters, labels, split=split, writer=writer)
    result = transfer.transfer(path, tmp_path / "transfer.json", size=1500, epochs=8)
    assert {kind: set(read) for kind, read in result.items()} == {key: set(result) for key in result}
    assert all(accuracy > 0.15 for read in result.values() for accuracy in read.values())  # one in 26 by chance
    written = json.loads((tmp_path / "transfer.json").read_text())
    assert (written["trained on"], written["tested on"]) == (1500, 520)
    with pytest.raises(pen.StrokeFileError, match="no split"):
        transfer.transfer(write_strokes(tmp_path / "all.npz", letters, labels), tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()
