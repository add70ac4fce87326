"""The marks of letters (é, ü, ñ), chosen for each word from what the network saw and what a language spells."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from letters import characters
from letters.ctc import EXTRA, Letter
from letters.language import Language

# The odds of a mark, where marks are asked for, are this many times those of the network, which has mostly learned from
# letters without any. Chosen on drawn lines: 2 loses more of them, 4 finds more that are not there.
MARKED = 3.0
LEAST = 1e-3  # added to the probability of each mark: the network is never sure beyond that
FOREIGN = 0.1  # of the probability of a mark that counts if the language does not write the letter with it
NEW_SPELLING = 0.02  # probability that a word of these letters is spelt in a way that the language does not know
WEIGHT = 0.7  # of the language's log probability


def settle_marks(words: Sequence[list[Letter]], language: Language | None = None) -> list[list[Letter]]:
    """The words of a line with the mark of each letter chosen.

    A letter gets no mark that it has in no language. With a language, each known spelling of a word of these base
    letters counts by how often it is used. A word that is not in its list gets the marks that the network saw, those
    that the language does not use less easily.
    """
    return [_settled(word, language) for word in words]


def _settled(word: list[Letter], language: Language | None) -> list[Letter]:
    marks = [_possible(letter, language) for letter in word]
    spellings = language.spellings("".join(base(letter) for letter in word)) if language else {}
    if spellings:
        marks = _spelt(marks, spellings)
    return [replace(letter, marks=own, mark=int(own.argmax())) for letter, own in zip(word, marks, strict=True)]


def base(letter: Letter) -> str:
    """A letter of a word without case and mark."""
    return letter.name.lower() if letter.label >= EXTRA else replace(letter, mark=0).name.lower()


def _possible(letter: Letter, language: Language | None) -> np.ndarray:
    """The probabilities of the marks that a letter can have, float32 (11,)."""
    found = np.zeros(len(characters.MARKS), np.float32)
    name = base(letter)
    possible = list(characters.marks_of(name)) if letter.label < EXTRA else [0]
    found[possible] = letter.marks[possible] + LEAST
    found[1:] *= MARKED
    if language:
        foreign = [mark for mark in possible if mark and characters.compose(name, mark) not in language.marked]
        found[foreign] *= FOREIGN
    return found / found.sum()


def _spelt(marks: list[np.ndarray], spellings: dict[tuple[int, ...], float]) -> list[np.ndarray]:
    """The probabilities of marks given how the word is spelt: {marks of its letters: share}."""
    seen = tuple(int(own.argmax()) for own in marks)
    shares = {seen: NEW_SPELLING} | spellings
    odds = {
        spelling: math.exp(WEIGHT * math.log(share))
        * math.prod(float(own[m]) for own, m in zip(marks, spelling, strict=True))
        for spelling, share in shares.items()
    }
    total = sum(odds.values())
    result = [np.zeros_like(own) for own in marks]
    for spelling, share in odds.items():
        for own, mark in zip(result, spelling, strict=True):
            own[mark] += share / total
    return result
