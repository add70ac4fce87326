"""The 52 classes, and how their probabilities fold into letters.

Class 0-25 is A-Z, class 26-51 is a-z. The alphabets a caller can ask for are `upper` (26 capitals), `lower`
(26 small letters) and `any` (either case: the two cases of a letter count as one, named by the capital). Two more
widen what is read on lines of writing (`letters.characters`): `latin` adds letters with marks and ligatures, `text`
these and digits and signs. A letter alone in its frame is read as with `any` then.
"""

import string

import numpy as np

CLASSES = string.ascii_uppercase + string.ascii_lowercase
NOT_A_LETTER = len(CLASSES)  # a further output of networks that can refuse: what they see is no letter
ALPHABETS = {
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "any": string.ascii_uppercase,
    "latin": string.ascii_uppercase,
    "text": string.ascii_uppercase,
}
WIDER = ("latin", "text")  # than A to Z

X_HEIGHT = 0.58  # of small letters without ascender, in heights of a capital: typical of print hands
DOTTED = "ij"  # in haste, they go without

# How far letters reach above the base line and below it, in heights of a capital; `x` stands for the x-height.
_ASCENDS = dict.fromkeys("bdfhkl", 1.0) | {"t": 0.85, "i": 0.85, "j": 0.85}
_DESCENDS = dict.fromkeys("gjpqy", -0.38) | {"Q": -0.08, "f": -0.05}


def extent(label: int, x_height: float = X_HEIGHT, dotted: bool = True) -> tuple[float, float]:
    """Top and bottom of a class, in heights of a capital above the base line.

    dotted: whether i and j have their dots.
    """
    name = CLASSES[label]
    if name in DOTTED and not dotted:
        return x_height, _DESCENDS.get(name, 0.0)
    return (1.0 if label < 26 else _ASCENDS.get(name, x_height)), _DESCENDS.get(name, 0.0)


def check(alphabet: str) -> None:
    """Raise ValueError unless `alphabet` is one of ALPHABETS."""
    if alphabet not in ALPHABETS:
        raise ValueError(f"alphabet must be one of {', '.join(ALPHABETS)}, not {alphabet!r}")


def classes(alphabet: str) -> range:
    """Class numbers, as a range, that `alphabet` can be written with: `upper` 0-25, `lower` 26-51, others 0-51."""
    check(alphabet)
    return {"upper": range(26), "lower": range(26, 52)}.get(alphabet, range(52))


def fold(probabilities: np.ndarray, alphabet: str = "any") -> np.ndarray:
    """Class probabilities to letter probabilities.

    `any`, `latin` and `text` add up the two cases of each letter. With `upper` and `lower` the case is known, so that
    the probabilities of the other case go to the letters of this one, in proportion. What a network gives to
    NOT_A_LETTER is left out, so that the letters of a frame add up to the probability that it shows a letter.

    probabilities: float (N, 53); (N, 52) or (N, 26) from a network that does not refuse, or knows capitals only.
    Returns float (N, 26), in the order of ALPHABETS[alphabet].
    Raises ValueError for an unknown alphabet, or `lower` from a network of capitals.
    """
    check(alphabet)
    upper, lower = probabilities[:, :26], probabilities[:, 26:NOT_A_LETTER]
    if lower.shape[1] == 0:
        if alphabet == "lower":
            raise ValueError("this network knows capitals only: ask for alphabet='upper' or 'any'")
        return upper
    either = upper + lower
    if alphabet not in ("upper", "lower"):
        return either
    known = upper if alphabet == "upper" else lower
    tiny = np.finfo(known.dtype).tiny
    return known * (either.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), tiny))
