"""Words to be written in drawn lines: of languages, invented ones, and letters at random."""

from functools import cache

import numpy as np

from letters import characters, language
from letters.training.words import is_held_out

# Letters that are taken for each other, or that run together, drawn more often than by chance.
_HARD = """ll ii il li tt ss nn mm rn nr ri iu ui uv vu vv ww cl ci ee oo ff fi ft tf gy gq ye re er ec ce ao oa
    UV VU UU VV GE EG GC CG IL LI II LL TI IT EF FE BE BR PR DO OD OQ NM MN WM HN KX XY VY AR HA SS SG"""
_ONSETS = "b br c ch d dr f fr g gr h j k kl l m n p pr qu r s sch sh st t tr v w x y z"
_VOWELS = "a e i o u ai ei ia oo ue"
MARKED = 0.35  # of the letters of invented words with marks
_CODAS = "- - - l n r s t ck ll nn rt th x z ng"  # most syllables are open


@cache
def _listed(name: str) -> list[str]:
    """Words of a language that may be trained on, the most frequent ones first."""
    return [word for word in language.load(name).words if len(word) <= 12 and not is_held_out(word)]


@cache
def _marked(name: str) -> list[str]:
    """Words of a language with marks and ligatures that may be trained on, the most frequent ones first."""
    words = language.marked_words(name)
    return [word for word in words if len(word) <= 12 and not is_held_out(language.plainly(word))]


def _listed_word(rng, marked: bool) -> str:
    name = language.LANGUAGES[rng.integers(len(language.LANGUAGES))]
    words = (_marked(name) if marked else []) or _listed(name)
    return words[int(len(words) * rng.random() ** 2)]


def _one_of(names: str, rng) -> str:
    """One of the words of a string."""
    choice = names.split()
    return choice[rng.integers(len(choice))]


def _name(rng) -> str:
    """Something that could be called so: one to three syllables."""
    parts = []
    for _ in range(rng.integers(1, 4)):
        parts += [_one_of(names, rng) for names in (_ONSETS, _VOWELS, _CODAS)]
    return "".join(parts).replace("-", "")[:10]


def _random_letters(rng) -> str:
    """Any letters: one, two or three of them as often as more."""
    length = rng.integers(1, 4) if rng.random() < 0.35 else rng.integers(4, 9)
    letters = "".join(chr(97 + code) for code in rng.integers(0, 26, length))
    if rng.random() < 0.3:
        at = rng.integers(len(letters) + 1)
        letters = letters[:at] + _one_of(_HARD, rng) + letters[at:]
    return letters


def word(style: str, rng: np.random.Generator, marked: bool = False) -> str:
    """A word, or any letters. style: "upper", "lower", "title" or "mixed". marked: with accents and ligatures."""
    kind = rng.random()
    chosen = (
        _listed_word(rng, marked) if kind < 0.3 + 0.2 * marked else _name(rng) if kind < 0.4 else _random_letters(rng)
    )
    if marked and chosen.isascii():
        chosen = "".join(_any_mark(char, rng) if rng.random() < MARKED else char for char in chosen)
    match style:
        case "upper":
            return "".join(map(_capital, chosen))
        case "lower":
            return chosen.lower()
        case "title":
            return _capital(chosen[0]) + chosen[1:]
        case _:
            return "".join(_capital(char) if rng.random() < 0.5 else char for char in chosen)


def _capital(char: str) -> str:
    return char.upper() if len(char.upper()) == 1 else char  # a sharp s has none in use


def _any_mark(char: str, rng) -> str:
    """A letter with one of the marks that it may have, or a ligature in place of it."""
    if rng.random() < 0.12:
        return characters.LIGATURES[rng.integers(3)]
    marks = characters.marks_of(char)[1:]
    return characters.compose(char, int(rng.choice(marks))) if marks else char


def code(rng: np.random.Generator) -> str:
    """Digits and letters together, as rooms, sizes and parts are named: 12B, A4, 3rd."""
    digits = "".join(str(digit) for digit in rng.integers(0, 10, rng.integers(1, 4)))
    letters = "".join(chr(97 + number) for number in rng.integers(0, 26, rng.integers(1, 3)))
    letters = letters.upper() if rng.random() < 0.6 else letters
    return letters + digits if rng.random() < 0.4 else digits + letters
