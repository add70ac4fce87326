"""From strips to text: the columns of the line network -> words -> letters with boxes, probabilities and case.

The network gives probabilities of classes and of marks for every 2 px of a strip (`letters.ctc`). They become text in
six steps:

    restrict   the alphabet takes over the probabilities of what it does not have             letters.ctc
    fold       both cases of a letter are added up, and what is in no alphabet becomes a      letters.ctc
               blank or a space
    search     prefix beam search, with or without a language                                 letters.decoder
    agree      where that leaves doubt, the text that other views of the strip support, too    letters.views
    align      the columns of each letter, and from these its class probabilities             letters.decoder
    boxes      the ink of each letter                                                         letters.boxes

Finally, `case.settle_case` chooses capitals and small letters, for the whole line at once, and
`accents.settle_marks` the marks of the letters of a wider alphabet.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from letters import accents, boxes, case, decoder, kinds, views
from letters import alphabet as alphabets
from letters.ctc import (
    EXTRA,
    FOLDED,
    OTHER,
    OUTPUTS,
    SPACE,
    STEP,
    Letter,
    class_of,
    fold,
    others,
)
from letters.decoder import FLOOR, WEIGHT
from letters.language import Language, plainly
from letters.lines import CAPITAL, HEIGHT

Network = Callable[
    [Sequence[np.ndarray]], Sequence[np.ndarray]
]  # strips, uint8 (48, W) -> columns, float32 (W / 2, 99)

SURE = 0.5  # share of the probability from which a first reading needs no other views
EVENLY = 1.6  # times the smallest distance between letters in cells that the largest may be


@dataclass(frozen=True)
class Transcription:
    """What is written in a strip: words, which are lists of Letters, from left to right."""

    words: list[list[Letter]]

    @property
    def letters(self) -> list[Letter]:
        return [letter for word in self.words for letter in word]

    @property
    def text(self) -> str:
        return " ".join("".join(letter.name for letter in word) for word in self.words)


def transcribe(
    strips: Sequence[np.ndarray],
    network: Network,
    alphabet: str = "any",
    language: Language | None = None,
) -> list[Transcription]:
    """Read strips, uint8 (48, W), with a network that makes columns of them, float32 (W / 2, 99) each.

    Raises ValueError for strips or columns of another type or shape, or an unknown alphabet.
    """
    alphabets.check(alphabet)
    for strip in strips:
        if strip.dtype != np.uint8 or strip.ndim != 2 or strip.shape[0] != HEIGHT:
            raise ValueError(f"strips must be uint8 ({HEIGHT}, W), not {strip.dtype} {strip.shape}")
    found = network(strips) if len(strips) else []
    pairs = zip(found, strips, strict=True)
    return [decode(columns, strip, alphabet, language, network) for columns, strip in pairs]


def decode(
    columns: np.ndarray,
    strip: np.ndarray,
    alphabet: str = "any",
    language: Language | None = None,
    network: Network | None = None,
) -> Transcription:
    """The text of one strip, uint8 (48, W), from its columns: float32 (W / 2, 99), probabilities of classes and marks.

    Where the first reading shows that a word is a number or has none but letters, the columns are read again with that
    known; and where it shows the case of a word, without the letters of the other case.
    network: gives the columns of other views of the strip where the first one leaves doubt; None for one look only.
    Raises ValueError for columns of another shape, or an unknown alphabet.
    """
    if columns.shape != (strip.shape[1] // STEP, OUTPUTS):
        raise ValueError(
            f"a strip {strip.shape} has columns ({strip.shape[1] // STEP}, {OUTPUTS}), not {columns.shape}"
        )
    first = [views.View.of(columns, alphabet)]
    words, share = _read(first, strip, alphabet, language)
    seen = first + (views.again(strip, network, alphabet) if network and share < SURE else [])
    if alphabet == "text":
        seen = [replace(one, columns=kinds.of_one_kind(one.columns, one.spans(words))) for one in seen]
        words, _ = _read(seen, strip, alphabet, language)
    if alphabet not in ("upper", "lower"):
        seen = [replace(one, columns=case.of_one_case(one.columns, one.spans(words))) for one in seen]
    if len(seen) > 1 or seen[0].columns is not first[0].columns:  # else they would be read as before
        words, _ = _read(seen, strip, alphabet, language)
    if language:
        words = [in_language(word, language) for word in words]
    if alphabet in alphabets.WIDER:
        words = accents.settle_marks(words, language)
    return Transcription(words)


def _read(seen, strip, alphabet, language) -> tuple[list[list[Letter]], float]:
    """The words of a strip by its views, the first of them at its own scale; and the share of the probability that
    their text has in that one."""
    folded = [fold(one.columns) for one in seen]
    text, share = decoder.search(folded[0], language)[0]
    if len(seen) > 1:
        text = decoder.agree(folded, language)
    if not text:
        return [], share
    inked = np.array([symbol != " " for symbol in text])
    fitting = [i for i, columns in enumerate(folded) if decoder.fits(columns, text)]
    segments = [decoder.align(folded[i], text)[inked] for i in fitting]
    columns = [seen[i].columns for i in fitting]
    symbols, found = text.replace(" ", ""), boxes.letter_boxes(strip, segments[0], others(columns[0], segments[0]))
    probabilities = np.mean(
        [decoder.class_probabilities(*each) for each in zip(columns, segments, strict=True)], axis=0
    )
    classes = [_class_of(symbol, own, alphabet) for symbol, own in zip(symbols, probabilities, strict=True)]
    spans = [(int(first) * STEP, int(end) * STEP) for first, end in segments[0]]
    letters = [Letter(*known) for known in zip(classes, probabilities[:, : SPACE + 1], spans, found, strict=True)]
    if alphabet in alphabets.WIDER:
        marks = [seen[i].marks for i in fitting]
        marked = np.mean(
            [decoder.mark_probabilities(*each) for each in zip(columns, marks, segments, strict=True)], axis=0
        )
        letters = [
            replace(letter, scores=own, marks=mark)
            for letter, own, mark in zip(letters, probabilities, marked, strict=True)
        ]
    ends = np.cumsum([0, *map(len, text.split())])
    words = [letters[first:end] for first, end in itertools.pairwise(ends)]
    if in_cells(words):
        words = [letters]
    return (words if alphabet in ("upper", "lower") else case.settle_case(words)), share


def _class_of(symbol: str, scores: np.ndarray, alphabet: str) -> int:
    """The class of a symbol: a capital, or a small letter with `lower`; of a ligature, the likelier case."""
    if symbol in FOLDED[:26]:
        return FOLDED.index(symbol) + 26 * (alphabet == "lower")
    small, capital = class_of(symbol), class_of(symbol.upper())
    return (
        capital
        if capital != OTHER and scores[capital - EXTRA + SPACE + 1] > scores[small - EXTRA + SPACE + 1]
        else small
    )


def in_cells(words: list[list[Letter]]) -> bool:
    """Whether several words are one word, written in the cells of a form or a crossword.

    Letters in cells are as far apart as words, but evenly: the distances of their centres differ by EVENLY at most. At
    least three letters are needed. Where some were read together as a word, all must be CAPITAL px apart or more.
    """
    placed = [letter.box for word in words for letter in word]
    if len(words) < 2 or len(placed) < 3:
        return False
    pitch = np.diff([x + width / 2 for x, _, width, _ in placed])
    least = 0 if len(words) == len(placed) else CAPITAL
    return bool(pitch.min() > least and pitch.max() < EVENLY * pitch.min())


def in_language(word: list[Letter], language: Language) -> list[Letter]:
    """The letters of a word with new probabilities: those of the language, given the other letters of the word.

    The shares of a letter's two cases do not change, nor does the probability that it is not a letter. Other characters
    do not change; those between letters part words, but apostrophes, which languages leave out.
    """
    spelt = [_spelling(one) for one in word]
    result = list(word)
    for ends, group in itertools.groupby(range(len(word)), key=lambda i: spelt[i] is None):
        places = list(group)
        for i in [] if ends else [place for place in places if word[place].label < SPACE]:
            before, after = (
                "".join(spelt[j] or "" for j in part) for part in (range(places[0], i), range(i + 1, places[-1] + 1))
            )
            result[i] = _letter_in_language(word[i], before, after, language)
    return result


def _spelling(one: Letter) -> str | None:
    """How languages spell a character, in a-z; None for one that ends a word."""
    spelt = plainly(accents.base(one))
    return spelt if not spelt or spelt.isalpha() else None


def _letter_in_language(letter: Letter, before: str, after: str, language: Language) -> Letter:
    """A letter between others of its word, with the probabilities of the language."""
    own = letter.scores[:SPACE]
    either = own[:26] + own[26:]
    likely = np.flatnonzero(either > FLOOR * either.sum()).tolist()
    if not likely:
        return letter
    odds = np.full(26, -np.inf)
    for other in likely:
        odds[other] = WEIGHT * language.word(before + FOLDED[other] + after)
    weighted = own * np.tile(np.exp(odds - odds[likely].max()), 2)
    scale = own.sum() / max(weighted.sum(), np.finfo(np.float32).tiny)
    return replace(letter, scores=np.append(weighted * scale, letter.scores[SPACE:]).astype(np.float32))
