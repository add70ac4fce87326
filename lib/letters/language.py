"""What words look like in a language: how likely a word is, and how likely words begin in a certain way.

A mixture of four models, all fitted when first asked for to the word list of the package pyspellchecker (words and
counts from film subtitles, filled up with the words of a dictionary). The first two are the words themselves, by how
often they are used, and those of the dictionary, each as likely as the others. The third is a model of letters that
follow three others, with Witten & Bell's smoothing (1991, doi:10.1109/18.87000), for names and words in no list; the
last is letters at random, for codes.
"""

import gzip
import json
import math
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from importlib import resources

import numpy as np

from letters import characters

NAMES = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
}
LANGUAGES = tuple(NAMES)
ONE_LETTER = {"en": "ai", "de": "", "es": "aeouy", "fr": "ay", "it": "aeio", "nl": "u", "pt": "aeo"}  # words
FLATNESS = 0.6  # power of the counts: speech repeats its words more than labels and headlines do
# of what is written: words in use, other words of the dictionary, what is spelt like them, any letters at all
SHARES = (0.5, 0.1, 0.2, 0.2)
SPELLING = 0.3  # power of the counts for the model of letters: new words are spelt like rare ones, not like `the`
END_OF_CODE = 0.2  # chance that after a letter of the last kind there is no other
MARKED_WORDS = 1000  # a language writes a letter with a mark if one in so many of its words with marks has it
CHUNK = 20_000  # words that are counted at once: bounds the memory
_END = 26


def check(name: str | None) -> None:
    """Raise ValueError unless `name` is one of LANGUAGES, or None."""
    if name is not None and name not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, or None, not {name!r}")


@cache
def load(name: str) -> "Language":
    """The Language of that name. The first call takes a second or two. Raises ValueError for an unknown name."""
    return Language(word_list(name), lambda: spellings(_counts(name)))


def word_list(name: str) -> dict[str, int]:
    """The words of a language as `as_read` gives them, and their counts. Raises ValueError for an unknown name."""
    return as_read(_counts(name), ONE_LETTER[name])


def _counts(name: str) -> dict[str, int]:
    check(name)
    path = resources.files("spellchecker") / "resources" / f"{name}.json.gz"
    return json.loads(gzip.decompress(path.read_bytes()))


def as_read(counts: dict[str, int], one_letter: str) -> dict[str, int]:
    """Counts of words as a reader of a-z sees them: without accents and apostrophes, ligatures as two letters (`ss` for
    the German sharp s).

    Words with other characters are left out, and words of one letter that is not among `one_letter`.
    """
    plain: dict[str, int] = {}
    for word, count in counts.items():
        seen = plainly(word.lower())
        if seen.isascii() and seen.isalpha() and (len(seen) > 1 or seen in one_letter):
            plain[seen] = plain.get(seen, 0) + count
    return plain


def plainly(word: str) -> str:
    """A word without accents and apostrophes, ligatures as two letters."""
    if not word.isascii():
        bases = (characters.decompose(character)[0] for character in unicodedata.normalize("NFC", word))
        word = "".join(characters.SPELT.get(base, base) for base in bases)
    return word.replace("'", "")


def _written(word):
    """A word of a list in small letters, with its accents and without apostrophes."""
    return unicodedata.normalize("NFC", word.lower()).replace("'", "").replace("’", "")


def marked_words(name: str) -> list[str]:
    """Words of a language that are written with accents or ligatures, in small letters, the most frequent first. Raises
    ValueError for an unknown name."""
    counts = _counts(name)
    words = {_written(word): count for word, count in counts.items()}
    marked = [word for word in words if not word.isascii() and plainly(word).isascii() and plainly(word).isalpha()]
    return sorted(marked, key=words.__getitem__, reverse=True)


def spellings(counts: dict[str, int]) -> dict[str, dict[tuple[int, ...], float]]:
    """How words are spelt, {word of base letters: {marks of its letters: share}}, only of those that have marks.

    The base letters are a-z and ligatures. Marks are places in `characters.MARKS`.
    """
    found: dict[str, dict[tuple[int, ...], float]] = {}
    plain: dict[str, int] = {}
    for word, count in counts.items():
        written = _written(word)
        if written.isascii():
            plain[written] = plain.get(written, 0) + count
            continue
        bases, marks = zip(*map(characters.decompose, written), strict=True)
        if any(marks):
            known = found.setdefault("".join(bases), {})
            known[marks] = known.get(marks, 0.0) + count
    for bare, known in found.items():
        if bare in plain:
            known[(0,) * len(bare)] = float(plain[bare])
        total = sum(known.values())
        known.update({marks: share / total for marks, share in known.items()})
    return found


class Language:
    """Words of a language, in small letters a-z. `word(letters)` is the log probability of a word, `beginning(letters)`
    that of all words that begin so. `words`: those of the list, the most frequent first."""

    def __init__(
        self, counts: Mapping[str, float], spelt: Callable[[], Mapping[str, dict[tuple[int, ...], float]]] = dict
    ) -> None:
        """counts: {word: how often it is used}. The words with the least count of all are taken for those that nobody
        counted. spelt: gives how words with marks are spelt, as `spellings` does; called when first needed."""
        self._spelt_with_marks = cache(spelt)
        self.words = sorted(counts, key=counts.__getitem__, reverse=True)
        used = np.array([counts[word] for word in self.words], float)
        counted = used > used.min()
        weights = np.where(counted, used**FLATNESS, 1.0)
        for kind, share in ((counted, SHARES[0]), (~counted, SHARES[1])):
            weights[kind] *= share / max(weights[kind].sum(), 1e-9)
        order = sorted(range(len(self.words)), key=self.words.__getitem__)
        self._listed = [self.words[i] for i in order]
        self._sums = array("d", [0.0, *np.cumsum(weights[order]).tolist()])
        self._follow = memoryview(_letters_that_follow(self.words, used**SPELLING).ravel())
        self._spelt = lru_cache(50_000)(self._spelt_out)
        self.word = lru_cache(50_000)(self._word)
        self.beginning = lru_cache(50_000)(self._beginning)

    def spellings(self, bases: str) -> dict[tuple[int, ...], float]:
        """How a word of these base letters (a-z and ligatures) is spelt: {marks of its letters: share}; none where it
        is in no list, or has no marks."""
        return self._spelt_with_marks().get(bases, {})

    @cached_property
    def marked(self) -> frozenset[str]:
        """Its letters with marks, in small letters."""
        return _marked(self._spelt_with_marks())

    def _word(self, word):
        place = bisect_left(self._listed, word)
        listed = place < len(self._listed) and self._listed[place] == word
        weight = self._sums[place + 1] - self._sums[place] if listed else 0.0
        return _mixed(weight, self._spelt(word) + self._follow[27 * _context(word) + _END], code(word))

    def _beginning(self, letters):
        first, end = bisect_left(self._listed, letters), bisect_left(self._listed, letters + "{")
        any_letters = min(0.0, len(letters) * _ANY - math.log(1 - END_OF_CODE))
        return _mixed(self._sums[end] - self._sums[first], self._spelt(letters), any_letters)

    def _spelt_out(self, letters):
        if not letters:
            return 0.0
        return self._spelt(letters[:-1]) + self._follow[27 * _context(letters[:-1]) + ord(letters[-1]) - 97]


def _marked(spelt: Mapping[str, dict[tuple[int, ...], float]]) -> frozenset[str]:
    """The letters with marks that at least one in MARKED_WORDS words with marks has: not those of loanwords."""
    uses: dict[str, int] = {}
    for bases, known in spelt.items():
        for marks in known:
            for base, mark in zip(bases, marks, strict=True):
                if mark:
                    letter = characters.compose(base, mark)
                    uses[letter] = uses.get(letter, 0) + 1
    return frozenset(letter for letter, count in uses.items() if letter and count * MARKED_WORDS > len(spelt))


_ANY = math.log((1 - END_OF_CODE) / 26)


def code(letters: str) -> float:
    """Log probability of letters drawn at random."""
    return len(letters) * _ANY + math.log(END_OF_CODE) - math.log(1 - END_OF_CODE)


def _mixed(listed, spelt, any_letters):
    """Log probability under SHARES, of which `listed` has its own already, and two log probabilities."""
    return math.log(listed + SHARES[2] * math.exp(spelt) + SHARES[3] * math.exp(any_letters))


def _context(letters):
    """The last three letters as one number, 26 for each that is before the beginning."""
    a, b, c = letters[-3:].rjust(3, "{").encode()
    return (27 * (a - 97) + b - 97) * 27 + c - 97


def _letters_that_follow(words, weights):
    """Log probability of each letter, or the end (26), after any three: float32 (27, 27, 27, 27)."""
    counts = sum(
        _counted(words[first : first + CHUNK], weights[first : first + CHUNK]) for first in range(0, len(words), CHUNK)
    )
    counts *= len(words) / weights.sum()
    shares = np.full((27,) * 4, 1 / 27)
    for order in (3, 2, 1, 0):  # of the axes summed away: from no context to three letters
        seen = counts.sum(axis=tuple(range(order)), keepdims=True)
        kinds = (seen > 0).sum(axis=-1, keepdims=True)
        total = seen.sum(axis=-1, keepdims=True)
        shares = np.where(total > 0, (seen + kinds * shares) / np.maximum(total + kinds, 1e-9), shares)
    return np.log(np.maximum(shares, 1e-9)).astype(np.float32)


def _counted(words, weights):
    """How often each letter, or the end (26), comes after any three: float64 (27, 27, 27, 27)."""
    letters = np.frombuffer("".join("{{{" + word + "{" for word in words).encode(), np.uint8).astype(np.int32) - 97
    lengths = np.array([len(word) + 4 for word in words])
    places = ((letters[:-3] * 27 + letters[1:-2]) * 27 + letters[2:-1]) * 27 + letters[3:]
    used = np.repeat(weights, lengths)[3:]
    for before in (1, 2, 3):  # windows that reach into the next word count for nothing
        used[np.cumsum(lengths)[:-1] - before] = 0
    return np.bincount(places, used, 27**4).reshape((27,) * 4)
