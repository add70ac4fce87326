"""The columns of the line network: probabilities of 55 classes for every 2 px of a strip.

The classes are the 52 letters, the space, OTHER for everything that is not a letter, and the blank of connectionist
temporal classification (CTC: Graves et al. 2006, doi:10.1145/1143844.1143891).
"""

from dataclasses import dataclass

import numpy as np

from letters import alphabet as alphabets

STEP = 2  # px of the strip that one column stands for
SPACE, OTHER, BLANK = 52, 53, 54  # classes of a column after the letters; OTHER stands for digits, signs and the like
COLUMN_CLASSES = 55

FOLDED = "abcdefghijklmnopqrstuvwxyz "  # the classes of a folded column, before the blank
OTHER_CASE = 0.05  # of a letter's probability that counts for its form in the other case, where one case is asked for
BREAK = 8  # px: something that is not a letter separates words from this width on; apostrophes and dots are narrower


@dataclass(frozen=True)
class Letter:
    """A letter of a strip.

    label: its class, 0-51, as the line and the language have settled it: not always the likeliest of `scores`.
    scores: float32 (53,), the probabilities of the 52 classes, then that it is not a letter.
    span: left and right end of its columns, px. box: x, y, width and height of its ink, px.
    """

    label: int
    scores: np.ndarray
    span: tuple[int, int]
    box: tuple[int, int, int, int]

    @property
    def name(self) -> str:
        return alphabets.CLASSES[self.label]


def restrict(columns: np.ndarray, alphabet: str) -> np.ndarray:
    """Columns of an alphabet of one case: the probability of the other case's letters goes to the letters of this case.

    Most of it is shared out in proportion: a small l is read as I where all letters are capitals. OTHER_CASE of it
    stays with the same letter, so a clear `a` is read as A. Columns of `any` are returned unchanged.
    float32 (T, 55) -> float32 (T, 55). Raises ValueError for an unknown alphabet.
    """
    alphabets.check(alphabet)
    if alphabet == "any":
        return columns
    upper, lower = columns[:, :26], columns[:, 26:SPACE]
    known, other = (upper, lower) if alphabet == "upper" else (lower, upper)
    either = (upper + lower).sum(axis=1, keepdims=True)
    known = known + OTHER_CASE * other
    known = known * (either / np.maximum(known.sum(axis=1, keepdims=True), np.finfo(known.dtype).tiny))
    nothing = np.zeros_like(known)
    return np.hstack([*((known, nothing) if alphabet == "upper" else (nothing, known)), columns[:, SPACE:]])


def fold(columns: np.ndarray) -> np.ndarray:
    """Columns of 26 letters, the space and the blank: float32 (T, 55) -> float32 (T, 28).

    OTHER never becomes a letter. If it is narrow (a dot, an apostrophe, a speck), it counts as blank: `don't` stays one
    word. From BREAK px on (a digit, a slash, a hyphen), it counts as a space: `and/or` is two words. `decoder.search`
    merges spaces next to each other and drops those at either end.
    """
    folded = np.empty((len(columns), 28), columns.dtype)
    folded[:, :26] = columns[:, :26] + columns[:, 26:SPACE]
    wide = np.zeros(len(columns), bool)
    for first, end in _runs(columns):
        wide[first:end] = (end - first) * STEP >= BREAK
    folded[:, 26] = columns[:, SPACE] + np.where(wide, columns[:, OTHER], 0)
    folded[:, 27] = columns[:, BLANK] + np.where(wide, 0, columns[:, OTHER])
    return folded


def _runs(columns: np.ndarray) -> list[tuple[int, int]]:
    """Runs of columns in which OTHER is the likeliest class, across blanks: first and last column (exclusive)."""
    likeliest = columns.argmax(axis=1)
    filled = likeliest[likeliest != BLANK]
    places = np.flatnonzero(likeliest != BLANK)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], filled == OTHER, [0]]).astype(np.int8)))
    return [(int(places[first]), int(places[end - 1]) + 1) for first, end in edges.reshape(-1, 2)]


def marks(columns: np.ndarray, segments: np.ndarray) -> list[tuple[int, int]]:
    """The runs of OTHER that share no column with a letter. segments: int (N, 2), the columns of the letters."""
    taken = [((segments[:, 0] < end) & (segments[:, 1] > first)).any() for first, end in _runs(columns)]
    return [run for run, used in zip(_runs(columns), taken, strict=True) if not used]
