"""The columns of the line network: probabilities of 88 classes and of 11 marks for every 2 px of a strip.

The classes are the 52 letters, the space, OTHER for everything else that is drawn, the blank of connectionist temporal
classification (CTC: Graves et al. 2006, doi:10.1145/1143844.1143891), and the characters of `characters.EXTRA`:
ligatures, digits and signs. The marks (`characters.MARKS`) are those of the letter that a column belongs to.
"""

from dataclasses import dataclass, field

import numpy as np

from letters import alphabet as alphabets
from letters import characters

STEP = 2  # px of the strip that one column stands for
SPACE, OTHER, BLANK = (
    52,
    53,
    54,
)  # classes of a column after the letters; OTHER stands for drawings, rare signs and dirt
EXTRA = 55  # the first class of `characters.EXTRA`
COLUMN_CLASSES = EXTRA + len(characters.EXTRA)
DIGITS = slice(EXTRA + len(characters.LIGATURES), EXTRA + len(characters.LIGATURES) + len(characters.DIGITS))
OUTPUTS = COLUMN_CLASSES + len(characters.MARKS)  # of a column: classes and marks

NAMES = (*alphabets.CLASSES, "space", "other", "blank", *characters.EXTRA)  # of the classes of a column
# The classes of a folded column, before the blank: both cases of a letter are one.
FOLDED = "abcdefghijklmnopqrstuvwxyz " + characters.EXTRA[:3] + characters.DIGITS + characters.SIGNS
OTHER_CASE = 0.05  # of a letter's probability that counts for its form in the other case, where one case is asked for
RARE = 0.3  # of the probability of digits and signs that counts in an alphabet that leaves them out
RARE_BESIDE = (1.0, RARE, 0.05)  # the same for a digit beside digits, beside nothing, and beside letters
OWN, FAR = 6, 25  # columns to either side that belong to a character, and that may belong to its neighbors
BREAK = 8  # px: something that is not a letter separates words from this width on; apostrophes and dots are narrower


@dataclass(frozen=True)
class Letter:
    """A letter of a strip, or another character.

    label: its class, 0-51 or from EXTRA on, as the line and the language have settled it: not always the likeliest of
    `scores`. mark: its place in `characters.MARKS`.
    scores: float32 (53,), the probabilities of the 52 letters, then that it is none; for an alphabet that is wider than
    A to Z, float32 (86,), with those of `characters.EXTRA` after these.
    span: left and right end of its columns, px. box: x, y, width and height of its ink, px.
    marks: float32 (11,), the probabilities of marks, if it is a letter.
    """

    label: int
    scores: np.ndarray
    span: tuple[int, int]
    box: tuple[int, int, int, int]
    mark: int = 0
    marks: np.ndarray = field(default_factory=lambda: np.eye(len(characters.MARKS), dtype=np.float32)[0])

    @property
    def name(self) -> str:
        if self.label >= EXTRA:
            return characters.EXTRA[self.label - EXTRA]
        return characters.compose(alphabets.CLASSES[self.label], self.mark)


def symbol(label: int) -> str:
    """The symbol of FOLDED that a class is folded into. Raises ValueError for OTHER and BLANK, which are none."""
    if label in (OTHER, BLANK):
        raise ValueError(f"class {label} has no symbol")
    if label == SPACE:
        return " "
    return (alphabets.CLASSES[label] if label < SPACE else characters.EXTRA[label - EXTRA]).lower()


def class_of(character: str) -> int:
    """The class of a character without its mark; OTHER for those that have none."""
    if character == " ":
        return SPACE
    if character in alphabets.CLASSES:
        return alphabets.CLASSES.index(character)
    return EXTRA + characters.EXTRA.index(character) if character in characters.EXTRA else OTHER


def restrict(columns: np.ndarray, alphabet: str) -> np.ndarray:
    """The classes of columns, in an alphabet: float32 (T, 99), or (T, 88) without marks -> float32 (T, 88).

    The probability of characters that the alphabet does not have goes elsewhere: a share of that of digits and signs to
    OTHER, the rest to all classes in proportion; that of ligatures to their first letter. A digit's share depends on
    its neighbors: a 0 among letters is more likely an O. Where the alphabet has one case, the probability of the other
    case's letters goes to the letters of this case. Most of it is shared out in proportion: a small l is read as I
    where all letters are capitals. OTHER_CASE of it stays with the same letter, so a clear `a` is read as A.
    Raises ValueError for an unknown alphabet.
    """
    alphabets.check(alphabet)
    columns = columns[:, :COLUMN_CLASSES].copy()
    if alphabet != "text":
        columns[:, OTHER] += _rare(columns)
        columns[:, DIGITS.start :] = 0
        columns = scaled(columns, np.ones_like(columns[:, :1]))
    if alphabet in alphabets.WIDER:
        return columns
    for place, ligature in enumerate(characters.LIGATURES, EXTRA):
        first = characters.SPELT[ligature.lower()][0]
        columns[:, class_of(first.upper() if ligature.isupper() else first)] += columns[:, place]
    columns[:, EXTRA:] = 0
    if alphabet == "any":
        return columns
    upper, lower = columns[:, :26], columns[:, 26:SPACE]
    known, other = (upper, lower) if alphabet == "upper" else (lower, upper)
    either = (upper + lower).sum(axis=1, keepdims=True)
    known = scaled(known + OTHER_CASE * other, either)
    nothing = np.zeros_like(known)
    return np.hstack([*((known, nothing) if alphabet == "upper" else (nothing, known)), columns[:, SPACE:]])


def _rare(columns):
    """How much of the probability of digits and signs counts in an alphabet that leaves them out: (T,)."""
    signs = columns[:, DIGITS.stop :].sum(axis=1)
    letters, digits = columns[:, :SPACE].sum(axis=1), columns[:, DIGITS].sum(axis=1)
    near = np.ones(2 * FAR + 1)
    near[FAR - OWN : FAR + OWN + 1] = 0
    beside = [np.convolve(np.pad(each, FAR), near, "valid")[: len(columns)] for each in (letters, digits)]
    balance = (beside[0] - beside[1]) / (beside[0] + beside[1] + 1)
    share = np.exp(np.interp(balance, (-1, 0, 1), np.log(RARE_BESIDE)))
    return RARE * signs + share * digits


def scaled(probabilities: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Probabilities (T, C) in the same proportions, whose rows add up to `total`, (T, 1)."""
    sums = probabilities.sum(axis=1, keepdims=True)
    return probabilities * (total / np.maximum(sums, np.finfo(probabilities.dtype).tiny))


def count(columns: np.ndarray) -> int:
    """How many characters a strip has, by the most probable class of each of its columns, float (T, 88) or (T, 99)."""
    best = columns[:, :COLUMN_CLASSES].argmax(axis=1)
    begins = np.diff(best, prepend=BLANK) != 0
    return int((begins & ~np.isin(best, (SPACE, OTHER, BLANK))).sum())


def fold(columns: np.ndarray) -> np.ndarray:
    """Columns of the symbols of FOLDED, then the blank: float32 (T, 88) -> float32 (T, 59).

    OTHER never becomes a symbol. If it is narrow (a dot, an apostrophe, a speck), it counts as blank: `don't` stays one
    word. From BREAK px on (a digit, a slash, a hyphen), it counts as a space: `and/or` is two words. `decoder.search`
    merges spaces next to each other and drops those at either end.
    """
    folded = np.zeros((len(columns), len(FOLDED) + 1), columns.dtype)
    folded[:, :26] = columns[:, :26] + columns[:, 26:SPACE]
    wide = np.zeros(len(columns), bool)
    for first, end in _runs(columns):
        wide[first:end] = (end - first) * STEP >= BREAK
    folded[:, 26] = columns[:, SPACE] + np.where(wide, columns[:, OTHER], 0)
    for place, name in enumerate(characters.EXTRA, EXTRA):
        folded[:, FOLDED.index(name.lower())] += columns[:, place]
    folded[:, -1] = columns[:, BLANK] + np.where(wide, 0, columns[:, OTHER])
    return folded


def _runs(columns: np.ndarray) -> list[tuple[int, int]]:
    """Runs of columns in which OTHER is the likeliest class, across blanks: first and last column (exclusive)."""
    likeliest = columns.argmax(axis=1)
    filled = likeliest[likeliest != BLANK]
    places = np.flatnonzero(likeliest != BLANK)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], filled == OTHER, [0]]).astype(np.int8)))
    return [(int(places[first]), int(places[end - 1]) + 1) for first, end in edges.reshape(-1, 2)]


def others(columns: np.ndarray, segments: np.ndarray) -> list[tuple[int, int]]:
    """The runs of OTHER that share no column with a letter. segments: int (N, 2), the columns of the letters."""
    taken = [((segments[:, 0] < end) & (segments[:, 1] > first)).any() for first, end in _runs(columns)]
    return [run for run, used in zip(_runs(columns), taken, strict=True) if not used]
