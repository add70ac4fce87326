"""How well letters and pages are read: accuracy, calibration, risk against coverage, character error rate, stress."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from letters import alphabet as alphabets
from letters import ink, writing
from letters.picture import PictureError
from letters.recognizer import Recognizer


def answers(probabilities: np.ndarray, labels: np.ndarray, alphabet: str = "known") -> tuple[np.ndarray, np.ndarray]:
    """What a reader of these probabilities says: (confidence float (N,), right bool (N,)).

    probabilities: float (N, 52 or 53). labels: uint8 (N,) class numbers. alphabet: `known` tells the reader the case of
    each letter; `any` does not, and either case of the right letter counts.
    """
    folded = alphabets.fold(probabilities, "any") if alphabet == "any" else _fold_by_case(probabilities, labels)
    return folded.max(axis=1), folded.argmax(axis=1) == labels % 26


def accuracy(probabilities: np.ndarray, labels: np.ndarray, alphabet: str = "known") -> float:
    """Top-1 accuracy, 0..1; the arguments are those of `answers`."""
    return float(answers(probabilities, labels, alphabet)[1].mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599), 0..1: the mean difference of confidence and
    accuracy over bins of equal width, weighted by their letters. confidence: float (N,), right: bool (N,)."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    off = [abs(confidence[bin_of == i].sum() - right[bin_of == i].sum()) for i in np.unique(bin_of)]
    return float(np.sum(off) / len(confidence))


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature (Guo et al. 2017) that makes the probabilities of letters, case known, most likely.

    probabilities: float (N, 52 or 53). labels: uint8 (N,). A temperature above 1 means an overconfident network.
    """

    def loss(temperature):
        sharpened = probabilities ** (1 / temperature)
        sharpened /= sharpened.sum(axis=1, keepdims=True)
        folded = _fold_by_case(sharpened, labels)
        return -np.log(np.maximum(folded[np.arange(len(labels)), labels % 26], 1e-9)).mean()

    candidates = np.linspace(0.4, 2, 161)
    return float(candidates[np.argmin([loss(temperature) for temperature in candidates])])


def _fold_by_case(probabilities, labels):
    """Probabilities of the 26 letters where the case of each label is known, float (N, 26)."""
    upper, lower = (alphabets.fold(probabilities, name) for name in ("upper", "lower"))
    return np.where((labels < 26)[:, None], upper, lower)


def accuracy_at_coverage(confidence: np.ndarray, right: np.ndarray, coverage: float) -> float:
    """Accuracy on the share of letters that the reader is surest of: one point of the risk-coverage curve."""
    surest = np.argsort(-confidence, kind="stable")[: max(1, round(coverage * len(right)))]
    return float(right[surest].mean())


def interval(
    counts: np.ndarray, writers: np.ndarray, lengths: np.ndarray | None = None, repeats: int = 1000, seed: int = 0
) -> list[float]:
    """95 % interval of sum(counts) / sum(lengths), as [low, high]: percentiles of a bootstrap over writers, whose
    samples stay together, as samples by one writer are not independent.

    counts: (N,) of bool or numbers: letters that are right, or edits. writers: int (N,). lengths: (N,) characters of
    each sample; 1 each by default, which gives the interval of an accuracy.
    """
    _, writer = np.unique(writers, return_inverse=True)
    length = np.bincount(writer, weights=lengths)
    count = np.bincount(writer, weights=counts)
    drawn = np.random.default_rng(seed).integers(len(count), size=(repeats, len(count)))
    shares = count[drawn].sum(axis=1) / length[drawn].sum(axis=1)
    return [float(value) for value in np.percentile(shares, (2.5, 97.5))]


# ------------------------------------------------------------------------------------------------------- text


def edits(truth: str, read: str) -> tuple[int, int]:
    """Characters to insert, delete or replace to get from one text to another (Levenshtein distance). Case and the kind
    and amount of white space do not count. Returns (edits, length of the truth)."""
    truth, read = (" ".join(text.upper().split()) for text in (truth, read))
    return Levenshtein.distance(truth, read), len(truth)


def character_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Edits over characters of all pairs (truth, what was read) together; above 1 where much was read into them.

    Raises ValueError where no text has a character.
    """
    counts = [edits(truth, read) for truth, read in pairs]
    characters = sum(length for _, length in counts)
    if characters == 0:
        raise ValueError("a character error rate needs a text with at least one character")
    return sum(wrong for wrong, _ in counts) / characters


# ----------------------------------------------------------------------------------------------------- stress

# what letters are put through, and how much of it
STRESSES = {
    "rotation (degrees)": (-45, -30, -20, -10, 0, 10, 20, 30, 45),
    "height of the letter (px)": (8, 10, 12, 16, 24, 48, 96),
    "width of the pen (% of the letter)": (2, 4, 7, 10, 15, 20, 25),
    "blur (sigma, % of the letter)": (0, 2, 4, 6, 8, 10),
    "noise (gray levels)": (0, 10, 20, 30, 45, 60),
}


def stressed(letters: Sequence[Sequence[np.ndarray]], stress: str, amount: float, seed: int = 0) -> np.ndarray:
    """Frames of letters that are plainly written, but for one thing: `amount` of a stress of STRESSES.

    letters: lists of float (n, 2) strokes. Returns uint8 (N, 28, 28), black where no ink was found any more.
    """
    rng = np.random.default_rng(seed)
    angle = np.radians(amount) if stress.startswith("rotation") else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    width = amount / 100 if stress.startswith("width") else 0.07
    frames = []
    for strokes in letters:
        picture = 255 - writing.draw_strokes([stroke @ turn.T for stroke in strokes], width)
        if stress.startswith("height"):
            scale = amount / writing.CANVAS
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if stress.startswith("blur") and amount:
            picture = cv2.GaussianBlur(picture, (0, 0), amount / 100 * writing.CANVAS)
        if stress.startswith("noise"):
            picture = np.clip(picture + rng.normal(0, amount, picture.shape), 0, 255).astype(np.uint8)
        try:
            frames.append(ink.frame(picture))
        except PictureError:
            frames.append(np.zeros((ink.SIDE, ink.SIDE), np.uint8))
    return np.stack(frames)


def occlusion(recognizer: Recognizer, frame: np.ndarray, class_number: int, patch: int = 5) -> np.ndarray:
    """How much the probability of a class falls when a black patch covers each place of a frame (Zeiler & Fergus 2014,
    arXiv:1311.2901, section 4.2). recognizer: a `letters.Recognizer`. Returns float32 (28, 28)."""
    half = patch // 2
    covered = np.repeat(frame[None], ink.SIDE**2, axis=0)
    for i, (y, x) in enumerate(np.ndindex(ink.SIDE, ink.SIDE)):
        covered[i, max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] = 0
    plain = recognizer.probabilities(frame[None])[0, class_number]
    return (plain - recognizer.probabilities(covered)[:, class_number]).reshape(ink.SIDE, ink.SIDE)
