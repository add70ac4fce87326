"""Letters or digits: what the characters of each word are, decided for the whole line at once.

O and 0, l and 1, S and 5 look alike; their neighbors tell which is meant.
"""

import math

import numpy as np

from letters.ctc import DIGITS, EXTRA, SPACE, STEP, Letter, scaled

LEFT = 0.05  # of the probability of letters that is left in a number, and of digits in a word
LEAST = 1e-3  # probability of each kind of a character at least
KINDS = ("letters", "digits", "both")
# How likely a line is of words or of numbers, and how likely each of KINDS is then.
STYLES = ((0.75, (0.75, 0.1, 0.15)), (0.25, (0.05, 0.85, 0.1)))
# In what the line network has learned from. It expects this at each place anew, though the first character of a number
# tells what the others are.
LETTERS_PER_DIGIT = 20
CHANGE = 0.45  # of the probability of both in one word, for each character

_DIGITS = np.arange(DIGITS.start, DIGITS.stop)
_KNOWN = np.concatenate([np.arange(SPACE), _DIGITS])


def of_one_kind(columns: np.ndarray, words: list[list[Letter]]) -> np.ndarray:
    """Columns in which a word has letters or digits, but not both, if a first reading makes that the likeliest.

    columns: float32 (T, 88). In a number, letters keep LEFT of their probability, and the rest goes to the digits of
    the column, in proportion; in words of letters, the other way round. A character on its own stays as it is.
    """
    odds = np.array([_odds(word) for word in words]).reshape(-1, len(KINDS))
    styles = [np.log(share) + (odds + np.log(kinds)).max(axis=1).sum() for share, kinds in STYLES]
    chosen = (odds + np.log(STYLES[int(np.argmax(styles))][1])).argmax(axis=1)
    result = columns.copy()
    if sum(map(len, words)) < 2:
        return result
    for word, number in zip(words, chosen, strict=True):
        if KINDS[number] != "both":
            span = slice(word[0].span[0] // STEP, word[-1].span[1] // STEP)
            known = columns[span, _KNOWN]
            share = np.where((_KNOWN >= EXTRA) == (KINDS[number] == "digits"), 1, LEFT).astype(known.dtype)
            result[span, _KNOWN] = scaled(known * share, known.sum(axis=1, keepdims=True))
    return result


def _odds(word: list[Letter]) -> list[float]:
    """The log probabilities of a word's characters, if they are of each of KINDS. Signs do not count."""
    digits = np.array([letter.scores[_DIGITS - EXTRA + SPACE + 1].sum() for letter in word])
    letters = np.array([letter.scores[:SPACE].sum() for letter in word])
    counted = digits + letters > 0.5
    each = letters[counted], digits[counted], CHANGE * (letters + digits)[counted]
    odds = [float(np.log(np.maximum(of_kind, LEAST)).sum()) for of_kind in each]
    odds[KINDS.index("digits")] += max(0, counted.sum() - 1) * math.log(LETTERS_PER_DIGIT)
    return odds
