"""Characters beyond A to Z: letters with marks, ligatures, digits, punctuation and other signs.

A letter with a mark is its base letter and the mark: é is e with an acute. The line network gives the two separately,
so that it needs no class for every pair.
"""

import unicodedata
from functools import cache

from letters.alphabet import CLASSES

LIGATURES = "ßæœÆŒ"
DIGITS = "0123456789"
SIGNS = ".,:;!?'\"-()/&+=@#%"
EXTRA = LIGATURES + DIGITS + SIGNS  # in the order of the line network's classes
SPELT = {"ß": "ss", "æ": "ae", "œ": "oe"}  # as they are written where there is only a to z

MARKS = {  # name: the combining character
    "none": "",
    "acute": "\u0301",
    "grave": "\u0300",
    "circumflex": "\u0302",
    "diaeresis": "\u0308",
    "tilde": "\u0303",
    "ring": "\u030a",
    "cedilla": "\u0327",
    "caron": "\u030c",
    "ogonek": "\u0328",
    "stroke": "\u0338",
}
_STROKED = {"o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "d": "đ", "D": "Đ"}  # Unicode does not take these apart
_BARE = {stroked: letter for letter, stroked in _STROKED.items()}
_COMBINING = list(MARKS.values())
STROKE = len(MARKS) - 1
_LIKE = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-"})


@cache
def compose(letter: str, mark: int) -> str:
    """A letter A-Z or a-z with a mark (its place in MARKS) as one character; "" if no language has the two together."""
    if mark == STROKE:
        return _STROKED.get(letter, "")
    whole = unicodedata.normalize("NFC", letter + _COMBINING[mark])
    return whole if len(whole) == 1 and ord(whole) < 0x180 else ""  # Latin-1 and Latin Extended-A


def decompose(character: str) -> tuple[str, int]:
    """A character as its base letter and the place of its mark in MARKS, (é -> e, 1); itself and 0 where it has none.

    Typographic quotes and dashes become the plain ones of SIGNS.
    """
    if character in _BARE:
        return _BARE[character], STROKE
    base, *combining = list(unicodedata.normalize("NFD", character))
    if base in CLASSES and len(combining) == 1 and combining[0] in _COMBINING:
        return base, _COMBINING.index(combining[0])
    return character.translate(_LIKE), 0


@cache
def marks_of(letter: str) -> tuple[int, ...]:
    """The places in MARKS of the marks that a letter A-Z or a-z can have, 0 (none) among them."""
    return tuple(mark for mark in range(len(MARKS)) if compose(letter, mark))
