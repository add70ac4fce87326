"""What words look like in a language: how likely a word is, and how likely words begin in a certain way.

A mixture of two models, both fitted, when first asked for, to the word list of the package pyspellchecker (words and
counts from film subtitles): the words themselves, by how often they are used; and a model of letters that follow three
others, with Witten & Bell's smoothing (1991, doi:10.1109/18.87000), for names, codes and whatever else is no word.
"""

import gzip
import json
import math
from functools import cache, lru_cache
from importlib import resources

import numpy as np

LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt")
WORDS = 50_000  # of the list, the most frequent ones
FLATNESS = 0.6  # power of the counts: speech repeats its words more than labels and headlines do
SHARES = (0.9, 0.06, 0.04)  # of what is written: words of the list, what is spelt like them, any letters at all
END_OF_CODE = 0.2  # chance that after a letter of the last kind there is no other
_END = 26


def check(name):
    """Raise ValueError unless `name` is one of LANGUAGES, or None."""
    if name is not None and name not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, or None, not {name!r}")


@cache
def load(name):
    """The Language of that name. The first call takes half a second. Raises ValueError for an unknown name."""
    check(name)
    path = resources.files("spellchecker") / "resources" / f"{name}.json.gz"
    counts = json.loads(gzip.decompress(path.read_bytes()))
    plain = [(word, count) for word, count in counts.items() if word.isascii() and word.isalpha()]
    plain = [(word.lower(), count) for word, count in plain if len(word) > 1 or word in "ai"]
    return Language(dict(sorted(plain, key=lambda item: -item[1])[:WORDS]))


class Language:
    """Words of a language, in small letters a-z. `word(letters)` is the log probability of a word, `beginning(letters)`
    that of all words that begin so."""

    def __init__(self, counts):
        """counts: {word: how often it is used}."""
        self.words = list(counts)
        weights = np.array(list(counts.values()), float) ** FLATNESS
        weights /= weights.sum()
        begins, whole = {}, {}
        for word, weight in zip(self.words, weights.tolist(), strict=True):
            whole[word] = weight
            for end in range(len(word) + 1):
                begins[word[:end]] = begins.get(word[:end], 0.0) + weight
        self._whole, self._begins = whole, begins
        self._follow = _letters_that_follow(self.words, weights)
        self._spelt = lru_cache(50_000)(self._spelt_out)
        self.word = lru_cache(50_000)(self._word)
        self.beginning = lru_cache(50_000)(self._beginning)

    def _word(self, word):
        spelt = self._spelt(word) + self._follow[(*_context(word), _END)]
        return _mixed(self._whole.get(word, 0.0), spelt, code(word))

    def _beginning(self, letters):
        any_letters = min(0.0, len(letters) * _ANY - math.log(1 - END_OF_CODE))
        return _mixed(self._begins.get(letters, 0.0), self._spelt(letters), any_letters)

    def _spelt_out(self, letters):
        if not letters:
            return 0.0
        return self._spelt(letters[:-1]) + float(self._follow[(*_context(letters[:-1]), ord(letters[-1]) - 97)])


_ANY = math.log((1 - END_OF_CODE) / 26)


def code(letters):
    """Log probability of letters drawn at random."""
    return len(letters) * _ANY + math.log(END_OF_CODE) - math.log(1 - END_OF_CODE)


def _mixed(listed, spelt, any_letters):
    """Log probability under SHARES of a probability and two log probabilities."""
    return math.log(SHARES[0] * listed + SHARES[1] * math.exp(spelt) + SHARES[2] * math.exp(any_letters))


def _context(letters):
    """Numbers of the last three letters, 26 for each that is before the beginning."""
    return tuple(ord(letter) - 97 for letter in letters[-3:].rjust(3, "{"))


def _letters_that_follow(words, weights):
    """Log probability of each letter, or the end (26), after any three: float32 (27, 27, 27, 27)."""
    counts = np.zeros((27, 27, 27, 27))
    letters = np.frombuffer("".join("{{{" + word + "{" for word in words).encode(), np.uint8) - 97
    lengths = np.array([len(word) + 4 for word in words])
    used = np.repeat(weights, lengths)[3:]
    places = [letters[:-3], letters[1:-2], letters[2:-1], letters[3:]]
    begins = np.zeros(len(letters), bool)
    begins[np.cumsum(lengths)[:-1]] = True  # windows that reach into the next word are left out
    inside = ~(begins[1:-2] | begins[2:-1] | begins[3:])
    np.add.at(counts, tuple(place[inside] for place in places), used[inside] * len(words))
    shares = np.full((27,) * 4, 1 / 27)
    for order in (3, 2, 1, 0):  # of the axes summed away: from no context to three letters
        seen = counts.sum(axis=tuple(range(order)), keepdims=True)
        kinds = (seen > 0).sum(axis=-1, keepdims=True)
        total = seen.sum(axis=-1, keepdims=True)
        shares = np.where(total > 0, (seen + kinds * shares) / np.maximum(total + kinds, 1e-9), shares)
    return np.log(np.maximum(shares, 1e-9)).astype(np.float32)
