"""What the figures mean: accuracy, calibration, intervals, edits, and letters under stress."""

import numpy as np
import pytest

from letters import alphabet, ink, metrics


def test_accuracy_counts_what_it_says():
    labels = np.array([0, 0, 26, 26], np.uint8)
    probabilities = np.zeros((4, 52), np.float32)
    probabilities[[0, 1, 2, 3], [0, 26, 26, 1]] = 0.9  # right, small for capital, right, B for a
    probabilities[1, 0] = probabilities[3, 27] = 0.05
    assert metrics.accuracy(probabilities, labels) == 0.75
    assert metrics.accuracy(probabilities, labels, "any") == 0.75
    probabilities[1, 1] = 0.06
    assert metrics.accuracy(probabilities, labels) == 0.5


def test_calibration_error_compares_confidence_with_accuracy():
    confidence = np.repeat([0.9, 0.6], 1000)
    right = np.concatenate([np.arange(1000) < 900, np.arange(1000) < 400])
    assert metrics.calibration_error(confidence, right) == pytest.approx(0.1)


def test_the_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 53))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth[:, 52] = 0
    truth /= truth.sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(53, p=row) for row in truth], np.uint8)
    overconfident = truth**2 / (truth**2).sum(axis=1, keepdims=True)
    assert metrics.fit_temperature(overconfident, labels) == pytest.approx(2, abs=0.2)


def test_an_interval_is_wider_where_fewer_writers_wrote_the_letters():
    right = np.random.default_rng(0).random(2000) < np.repeat(np.linspace(0.7, 1, 20), 100)
    of_letters, of_writers = metrics.interval(right, np.arange(2000)), metrics.interval(right, np.arange(2000) // 100)
    assert of_letters[0] < right.mean() < of_letters[1]
    assert of_writers[1] - of_writers[0] > 2 * (of_letters[1] - of_letters[0])


def test_edits_count_what_has_to_change():
    assert metrics.edits("Read me", "read  ME\n") == (0, 7)
    assert metrics.edits("kitten", "sitting") == (3, 6)
    assert metrics.edits("abc", "") == (3, 3) and metrics.edits("", "abc") == (3, 0)
    assert metrics.edits("one two", "onetwo")[0] == 1


def test_an_interval_of_an_error_rate_weighs_writers_by_their_characters():
    edits, characters, writers = np.array([0, 0, 90]), np.array([10, 10, 100]), np.array([1, 1, 2])
    low, high = metrics.interval(edits, writers, characters)
    assert (low, high) == (0, 0.9)  # all samples by one writer or all by the other
    alone = metrics.interval(edits, np.zeros(3), characters)
    assert alone == pytest.approx([90 / 120] * 2)


def test_an_error_rate_is_of_all_texts_together():
    pairs = [("ABCDEFGH", "abcdefgh"), ("xy", "zz")]
    assert metrics.character_error_rate(pairs) == 2 / 10
    assert metrics.character_error_rate([("a", "abcd")]) == 3
    with pytest.raises(ValueError, match="at least one character"):
        metrics.character_error_rate([(" ", "a")])


def test_accuracy_on_the_surest_letters():
    confidence, right = np.array([0.9, 0.2, 0.8, 0.1]), np.array([True, False, True, True])
    shares = [metrics.accuracy_at_coverage(confidence, right, share) for share in (0.01, 0.5, 0.75, 1)]
    assert shares == [1, 1, 2 / 3, 0.75]


@pytest.mark.parametrize("stress", metrics.STRESSES)
def test_a_stress_changes_letters_and_no_stress_does_not(strokes_of, stress):
    letters = [strokes_of(name) for name in "AGR"]
    amounts = metrics.STRESSES[stress]
    frames = [metrics.stressed(letters, stress, amount) for amount in amounts]
    assert all(each.shape == (3, 28, 28) and each.dtype == np.uint8 for each in frames)
    assert len({each.tobytes() for each in frames}) == len(amounts)
    if 0 in amounts:
        plain = metrics.stressed(letters, "blur (sigma, % of the letter)", 0)
        assert np.array_equal(frames[amounts.index(0)], plain)


def test_a_letter_that_cannot_be_seen_any_more_is_a_black_frame(strokes_of):
    invisible = metrics.stressed([strokes_of("A")], "noise (gray levels)", 10_000)
    assert invisible.shape == (1, 28, 28)
    assert not metrics.stressed([[np.zeros((1, 2), np.float32)]], "height of the letter (px)", 1).any()


def test_what_is_covered_matters_where_the_network_looks(strokes_of):
    class Recognizer:
        """Sees an A wherever the middle of a frame is white."""

        def probabilities(self, frames):
            found = np.zeros((len(frames), 53), np.float32)
            found[:, 0] = frames[:, 14, 14] > 128
            return found

    frame = np.full((ink.SIDE, ink.SIDE), 255, np.uint8)
    loss = metrics.occlusion(Recognizer(), frame, alphabet.CLASSES.index("A"))
    assert loss.shape == (28, 28) and loss.sum() == 25 and loss[14, 14] == 1 and loss[14, 17] == 0
