"""Words to be written in drawn lines: of languages, invented ones, and letters at random."""

from functools import cache

import numpy as np

from letters import language
from letters.training.words import is_held_out

# Letters that are taken for each other, or that run together, drawn more often than by chance.
_HARD = """ll ii il li tt ss nn mm rn nr ri iu ui uv vu vv ww cl ci ee oo ff fi ft tf gy gq ye re er ec ce ao oa
    UV VU UU VV GE EG GC CG IL LI II LL TI IT EF FE BE BR PR DO OD OQ NM MN WM HN KX XY VY AR HA SS SG"""
_ONSETS = "b br c ch d dr f fr g gr h j k kl l m n p pr qu r s sch sh st t tr v w x y z"
_VOWELS = "a e i o u ai ei ia oo ue"
_CODAS = "- - - l n r s t ck ll nn rt th x z ng"  # most syllables are open


@cache
def _listed(name: str) -> list[str]:
    """Words of a language that may be trained on, the most frequent ones first."""
    return [word for word in language.load(name).words if len(word) <= 12 and not is_held_out(word)]


def _listed_word(rng) -> str:
    words = _listed(language.LANGUAGES[rng.integers(len(language.LANGUAGES))])
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


def word(style: str, rng: np.random.Generator) -> str:
    """A word, or any letters. style: "upper", "lower", "title" or "mixed"."""
    kind = rng.random()
    chosen = _listed_word(rng) if kind < 0.3 else _name(rng) if kind < 0.4 else _random_letters(rng)
    match style:
        case "upper":
            return chosen.upper()
        case "lower":
            return chosen.lower()
        case "title":
            return chosen.title()
        case _:
            return "".join(char.upper() if rng.random() < 0.5 else char.lower() for char in chosen)
