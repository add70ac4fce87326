"""From strips to text: the columns of the line network -> words -> letters with boxes, probabilities and case.

The network gives probabilities of 55 classes for every 2 px of a strip (`letters.ctc`). They become text in five
steps:

    restrict   an alphabet of one case takes over the probabilities of the other case         letters.ctc
    fold       both cases of a letter are added up, and other signs become a blank or a       letters.ctc
               space
    search     prefix beam search, with or without a language                                 letters.decoder
    align      the columns of each letter, and from these its class probabilities             letters.decoder
    boxes      the ink of each letter                                                         letters.boxes

Finally, `case.settle_case` chooses capitals and small letters, for the whole line at once.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from letters import alphabet as alphabets
from letters import boxes, case, decoder
from letters.ctc import COLUMN_CLASSES, FOLDED, SPACE, STEP, Letter, fold, marks, restrict
from letters.decoder import FLOOR, WEIGHT
from letters.language import Language
from letters.lines import CAPITAL, HEIGHT

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
    network: Callable[[Sequence[np.ndarray]], Sequence[np.ndarray]],
    alphabet: str = "any",
    language: Language | None = None,
) -> list[Transcription]:
    """Read strips, uint8 (48, W), with a network that makes columns of them, float32 (W / 2, 55) each.

    Raises ValueError for strips or columns of another type or shape, or an unknown alphabet.
    """
    alphabets.check(alphabet)
    for strip in strips:
        if strip.dtype != np.uint8 or strip.ndim != 2 or strip.shape[0] != HEIGHT:
            raise ValueError(f"strips must be uint8 ({HEIGHT}, W), not {strip.dtype} {strip.shape}")
    found = network(strips) if len(strips) else []
    return [decode(columns, strip, alphabet, language) for columns, strip in zip(found, strips, strict=True)]


def decode(
    columns: np.ndarray, strip: np.ndarray, alphabet: str = "any", language: Language | None = None
) -> Transcription:
    """The text of one strip, uint8 (48, W), from its columns: float32 (W / 2, 55), probabilities.

    Where the first reading shows the case of a word, the columns are read again without the letters of the other case.
    Raises ValueError for columns of another shape, or an unknown alphabet.
    """
    if columns.shape != (strip.shape[1] // STEP, COLUMN_CLASSES):
        raise ValueError(f"a strip {strip.shape} has columns ({strip.shape[1] // STEP}, 55), not {columns.shape}")
    columns = restrict(columns, alphabet)
    words = _read(columns, strip, alphabet, language)
    if alphabet == "any":
        cased = case.of_one_case(columns, words)
        if cased is not columns:
            words = _read(cased, strip, alphabet, language)
    if language:
        words = [in_language(word, language) for word in words]
    return Transcription(words)


def _read(columns, strip, alphabet, language) -> list[list[Letter]]:
    """The words of a strip by its columns of an alphabet."""
    folded = fold(columns)
    text, _ = decoder.search(folded, language)[0]
    if not text:
        return []
    segments = decoder.align(folded, text)
    inked = np.array([symbol != " " for symbol in text])
    found = boxes.letter_boxes(strip, segments[inked], marks(columns, segments[inked]))
    probabilities = decoder.class_probabilities(columns, segments[inked])
    small = 26 * (alphabet == "lower")
    letters = [
        Letter(FOLDED.index(symbol) + small, own, (int(first) * STEP, int(end) * STEP), box)
        for symbol, own, (first, end), box in zip(
            text.replace(" ", ""), probabilities, segments[inked], found, strict=True
        )
    ]
    ends = np.cumsum([0, *map(len, text.split())])
    words = [letters[first:end] for first, end in itertools.pairwise(ends)]
    if in_cells(words):
        words = [letters]
    return case.settle_case(words) if alphabet == "any" else words


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

    The shares of a letter's two cases do not change, nor does the probability that it is not a letter.
    """
    spelt = "".join(letter.name.lower() for letter in word)
    result = []
    for i, letter in enumerate(word):
        own = letter.scores[:SPACE]
        either = own[:26] + own[26:]
        likely = np.flatnonzero(either > FLOOR * either.sum()).tolist()
        odds = np.full(26, -np.inf)
        for other in likely:
            odds[other] = WEIGHT * language.word(spelt[:i] + FOLDED[other] + spelt[i + 1 :])
        weighted = own * np.tile(np.exp(odds - odds[likely].max()), 2) if likely else own
        scale = own.sum() / max(weighted.sum(), np.finfo(np.float32).tiny)
        result.append(replace(letter, scores=np.append(weighted * scale, letter.scores[SPACE]).astype(np.float32)))
    return result
