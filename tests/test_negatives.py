"""What is no letter: drawn alike for the same seed, of all kinds, and the held-out ones never among the others."""

import numpy as np
import pytest

from letters import copybook, negatives
from letters.alphabet import CLASSES


def test_every_kind_is_drawn_and_none_is_held_out_and_trained_on():
    trained, held_out = negatives.kinds(), negatives.kinds(held_out=True)
    assert not set(trained) & set(held_out)
    assert {negatives.group(kind) for kind in trained} >= {"digit", "punctuation", "sign", "drawing", "several letters"}
    for kinds, held in ((trained, False), (held_out, True)):
        drawn, names = negatives.draw(2500, seed=1, held_out=held)
        assert set(names) == set(kinds)
        assert all(stroke.ndim == 2 and np.isfinite(stroke).all() for strokes in drawn for stroke in strokes)


def test_the_same_seed_draws_the_same():
    one, names = negatives.frames(200, seed=[3, 4])
    two, same = negatives.frames(200, seed=[3, 4])
    other, _ = negatives.frames(200, seed=[3, 5])
    assert np.array_equal(one, two) and names == same and not np.array_equal(one, other)
    assert one.shape == (200, 28, 28) and one.dtype == np.uint8 and (one.reshape(200, -1).max(axis=1) > 200).all()


def test_taught_forms_are_letters_that_the_recogniser_reads(recognizer):
    from letters import writing

    drawn, labels = copybook.letters(copies=5)
    assert len(drawn) == 5 * sum(map(len, copybook.FORMS.values()))
    frames = np.stack([writing.frame_of_strokes(letter) for letter in drawn])
    read = [
        answer.letter == CLASSES[label].upper()
        for answer, label in zip(recognizer.predict(frames), labels, strict=True)
    ]
    assert np.mean(read) > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_corners_stay_corners(seed):
    (stroke,) = copybook.write("0,0 100,0 100,0 100,100", np.random.default_rng(seed))
    steps = np.diff(stroke, axis=0)
    directions = np.unwrap(np.arctan2(*steps[np.hypot(*steps.T) > 0].T))
    assert np.abs(np.diff(directions)).max() > 0.7
