"""Capital or small: the case of the letters of a line, decided for the whole line at once."""

import itertools
import math
from dataclasses import replace

import numpy as np

from letters import alphabet as alphabets
from letters.ctc import FOLDED, OTHER_CASE, SPACE, STEP, Letter, scaled
from letters.lines import BASELINE, CAPITAL

DOUBT = 0.1  # probability of a letter in the other case than its word's from which a strip is read again

ALIKE = "cosuvwxzp"  # their cases differ in size alone; k is not among them, as both its cases are as tall
SHAPE_LIMIT, ALIKE_LIMIT = 4.0, 1.0  # log odds at most that the network's own case of a letter, or one of ALIKE, counts
SIZE_LIMIT = 3.0  # log odds at most that the height of one of ALIKE counts
SIZE_SPREAD = 0.12  # standard deviation of letters' heights, in heights of a capital
SIZE_PRIOR = 2.0  # weight of the nominal capital height and x-height, in letters of the line
# How a line mixes cases, and which words it then has: in capitals, in small letters, capitalised, mixed. The first row
# is for the first word, the second for all others.
STYLES = (
    (0.25, ((0.90, 0.05, 0.04, 0.01), (0.90, 0.05, 0.04, 0.01))),  # all capitals
    (0.40, ((0.03, 0.93, 0.03, 0.01), (0.03, 0.93, 0.03, 0.01))),  # all small
    (0.15, ((0.06, 0.14, 0.79, 0.01), (0.06, 0.14, 0.79, 0.01))),  # every word capitalised
    (0.15, ((0.04, 0.05, 0.90, 0.01), (0.04, 0.87, 0.08, 0.01))),  # the first word capitalised
    (0.05, ((0.30, 0.30, 0.30, 0.10), (0.30, 0.30, 0.30, 0.10))),  # no order
)


def settle_case(words: list[list[Letter]]) -> list[list[Letter]]:
    """The words of a line, with the case of each letter chosen: the one place where this happens.

    The evidence is the network's own odds for each letter; for letters of ALIKE, whose cases differ in size alone, it
    is mostly the height of the ink relative to the other letters of the line. As the network may be wrong about a
    letter, each word is settled as a whole: in capitals, small letters, capitalised or, rarely, mixed. How likely each
    of these is depends on the style of the line (STYLES); the most likely style and words are chosen.
    """
    alone = [[one for one in word if one.label < SPACE] for word in words]  # digits and signs have no case
    settled = iter([one for word in _settled([word for word in alone if word]) for one in word])
    return [[next(settled) if one.label < SPACE else one for one in word] for word in words]


def _settled(words: list[list[Letter]]) -> list[list[Letter]]:
    if not words:
        return []
    odds = case_odds([letter for word in words for letter in word])
    ends = np.cumsum([0, *map(len, words)])
    parts = [odds[first:end] for first, end in itertools.pairwise(ends)]
    mixed = [np.maximum(own, 0).sum() - len(own) * math.log(2) for own in parts]
    likely = np.array([(own.sum(), 0.0, own[0], free) for own, free in zip(parts, mixed, strict=True)])
    best, chosen = -np.inf, np.zeros(len(words), int)
    for share, (first, others) in STYLES:
        scores = likely + np.log([first] + [others] * (len(words) - 1))
        total = math.log(share) + scores.max(axis=1).sum()
        if total > best:
            best, chosen = total, scores.argmax(axis=1)
    result = []
    for word, own, pattern in zip(words, parts, chosen, strict=True):
        capital = (np.ones(len(word)), np.zeros(len(word)), np.arange(len(word)) == 0, own > 0)[pattern]
        result.append(
            [replace(one, label=one.label % 26 + 26 * (not big)) for one, big in zip(word, capital, strict=True)]
        )
    return result


def case_odds(letters: list[Letter]) -> np.ndarray:
    """Log odds that each letter of a line is a capital: float (N,), limited, as no single letter is beyond doubt."""
    which = np.array([letter.label % 26 for letter in letters])
    scores = np.array([letter.scores for letter in letters], float)
    every = np.arange(len(letters))
    upper, lower = scores[every, which], scores[every, which + 26]
    odds = np.log((upper + 1e-4) / (lower + 1e-4))
    tops = np.array([BASELINE - letter.box[1] for letter in letters], float)
    alike = np.array([FOLDED[i] in ALIKE for i in which])
    limit = np.where(alike, ALIKE_LIMIT, SHAPE_LIMIT)
    capital, x_height = _heights(tops[~alike], which[~alike] + 26 * (odds[~alike] <= 0))
    sizes = ((tops - x_height) ** 2 - (tops - capital) ** 2) / (2 * (SIZE_SPREAD * capital) ** 2)
    return np.clip(odds, -limit, limit) + np.where(alike, np.clip(sizes, -SIZE_LIMIT, SIZE_LIMIT), 0)


def _heights(tops: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Capital height and x-height of a line, px, from the tops of letters above the baseline, px, and their classes.

    Small i and j are left out: some have a dot, some do not.
    """
    sure = [alphabets.CLASSES[label] not in alphabets.DOTTED for label in labels]
    tops, reach = tops[sure], np.array([alphabets.extent(label)[0] for label in labels[sure]])
    tall = reach > alphabets.X_HEIGHT
    capital = (SIZE_PRIOR * CAPITAL + (tops[tall] / reach[tall]).sum()) / (SIZE_PRIOR + tall.sum())
    small = tops[~tall]
    x_height = (SIZE_PRIOR * alphabets.X_HEIGHT * capital + small.sum()) / (SIZE_PRIOR + len(small))
    return float(capital), float(x_height)


def of_one_case(columns: np.ndarray, words: list[list[Letter]]) -> np.ndarray:
    """Columns in which the letters of a word have the case that a first reading found, float32 (T, 88).

    In words of three letters or more that are all capitals, all small or capitalised, the other case of each column
    keeps OTHER_CASE of its probability. The rest goes to the letters of this case, in proportion: among capitals, what
    looks like a b is more likely an L. Where that would change little, the same columns are returned.
    """
    share = np.ones((len(columns), SPACE), columns.dtype)
    for characters in words:
        word = [one for one in characters if one.label < SPACE]
        small = np.array([letter.label >= 26 for letter in word])
        if len(word) < 3 or small[1:].any() != small[1:].all() or (small[0] and not small[1]):
            continue
        first, second, end = word[0].span[0] // STEP, word[1].span[0] // STEP, word[-1].span[1] // STEP
        share[first:second, slice(0, 26) if small[0] else slice(26, SPACE)] = OTHER_CASE
        share[second:end, slice(0, 26) if small[1] else slice(26, SPACE)] = OTHER_CASE
    known = columns[:, :SPACE]
    if ((share < 1) * known).max(initial=0) < DOUBT:
        return columns
    kept = scaled(known * share, known.sum(axis=1, keepdims=True))
    return np.hstack([kept, columns[:, SPACE:]])
