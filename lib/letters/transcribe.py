"""From strips to text: the columns of the strip network -> words -> letters with boxes, probabilities and case.

The network gives probabilities of 55 classes for every 2 px of a strip: the 52 letters, the space, what is not a
letter, and the blank of CTC (Graves et al. 2006, doi:10.1145/1143844.1143891). They become text in five steps:

    restrict   an alphabet of one case takes over the probabilities of the other case
    fold       both cases of a letter are added up, and what is not a letter becomes a blank or a space
    search     prefix beam search, with or without a language
    align      the columns of each letter, and from these its class probabilities
    boxes      the ink of each letter

Finally, `settle_case` chooses capitals and small letters, for the whole line at once.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from letters import alphabet as alphabets
from letters.language import Language

HEIGHT, CAPITAL, BASELINE = 48, 25, 35  # px: of a strip; of a capital in it; the row of the baseline
STEP = 2  # px of the strip that one column stands for
SPACE, OTHER, BLANK = 52, 53, 54  # classes of a column beside the letters; OTHER is what is not a letter
COLUMN_CLASSES = 55

FOLDED = "abcdefghijklmnopqrstuvwxyz "  # what a folded column tells apart, before the blank
OTHER_CASE = 0.05  # of a letter's probability that counts for its form in the other case, where one case is asked for
DOUBT = 0.1  # probability of a letter in the other case than its word's from which a strip is read again
BREAK = 8  # px: something that is not a letter parts words from this width on; apostrophes and dots are narrower

FLOOR = 3e-3  # probability: classes below it are left out of a column
TRIED = 12  # classes of a column at most: bounds the time that noise takes
BEAM, BEAM_IN_LANGUAGE = 8, 32  # prefixes that are followed without and with a language
MARGIN = math.exp(-8)  # of the best prefix's probability; prefixes below it are dropped
# Chosen on labels and words of hdBPMN's validation writers, beside drawn pages of rare words and random letters. A
# smaller bonus loses letters of real lines; a larger weight turns random letters into words.
WEIGHT = 0.7  # of the language's log probability beside that of the columns
BONUS = 1.6  # log probability a symbol: makes up for the language, which makes every further one less likely

EVENLY = 1.6  # times the smallest distance between letters in cells that the largest may be
INK = 64  # grey level from which a pixel counts as ink: the middle of the soft edge of a pale stroke
ASIDE = 0.1  # cost of a seam's step to the side, in pixels of full ink
DRIFT = 0.03  # cost of a row for each px between a seam and the middle of its gap: keeps it from slicing round letters
REACH = 10  # px between a letter's columns and ink that still belongs to it
HIGHEST, LOWEST = 6, 38  # rows: ink that is all above or all below belongs to a neighbouring line

ALIKE = "cosuvwxzp"  # their cases differ in size alone; k is not among them, as both its cases are as tall
SHAPE_LIMIT, ALIKE_LIMIT = 4.0, 1.0  # log odds at most that the network's own case of a letter, or one of ALIKE, counts
SIZE_LIMIT = 3.0  # log odds at most that the height of one of ALIKE counts
SIZE_SPREAD = 0.12  # standard deviation of letters' heights, in heights of a capital
SIZE_PRIOR = 2.0  # letters that the nominal capital height and x-height count for beside those on the line
# How a line mixes cases, and which words it then has: in capitals, in small letters, capitalised, mixed. The first row
# is for the first word, the second for all others.
STYLES = (
    (0.25, ((0.90, 0.05, 0.04, 0.01), (0.90, 0.05, 0.04, 0.01))),  # all capitals
    (0.40, ((0.03, 0.93, 0.03, 0.01), (0.03, 0.93, 0.03, 0.01))),  # all small
    (0.15, ((0.06, 0.14, 0.79, 0.01), (0.06, 0.14, 0.79, 0.01))),  # every word capitalised
    (0.15, ((0.04, 0.05, 0.90, 0.01), (0.04, 0.87, 0.08, 0.01))),  # the first word capitalised
    (0.05, ((0.30, 0.30, 0.30, 0.10), (0.30, 0.30, 0.30, 0.10))),  # no order
)


@dataclass(frozen=True)
class Letter:
    """A letter of a strip.

    label: its class, 0-51, as the line and the language have settled it: not always the likeliest of `scores`.
    scores: float32 (53,), the probabilities of the 52 classes and of what is not a letter.
    span: left and right end of its columns, px. box: x, y, width and height of its ink, px.
    """

    label: int
    scores: np.ndarray
    span: tuple[int, int]
    box: tuple[int, int, int, int]

    @property
    def name(self) -> str:
        return alphabets.CLASSES[self.label]


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
        cased = of_one_case(columns, words)
        if cased is not columns:
            words = _read(cased, strip, alphabet, language)
    if language:
        words = [in_language(word, language) for word in words]
    return Transcription(words)


def _read(columns, strip, alphabet, language) -> list[list[Letter]]:
    """The words of a strip by its columns of an alphabet."""
    folded = fold(columns)
    text, _ = search(folded, language)[0]
    if not text:
        return []
    segments = align(folded, text)
    inked = np.array([symbol != " " for symbol in text])
    found = letter_boxes(strip, segments[inked], _marks(columns, segments[inked]))
    probabilities = class_probabilities(columns, segments[inked])
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
    return settle_case(words) if alphabet == "any" else words


def of_one_case(columns: np.ndarray, words: list[list[Letter]]) -> np.ndarray:
    """Columns in which the letters of a word have the case that a first reading found, float32 (T, 55).

    In words of three letters or more, all capitals, all small or capitalised, the other case of each column keeps
    OTHER_CASE of its probability; the rest goes to the letters of this one, in proportion: what looks like a b among
    capitals is rather an L. Where that would change little, the columns themselves are returned.
    """
    share = np.ones((len(columns), SPACE), columns.dtype)
    for word in words:
        small = np.array([letter.label >= 26 for letter in word])
        if len(word) < 3 or small[1:].any() != small[1:].all() or (small[0] and not small[1]):
            continue
        first, second, end = word[0].span[0] // STEP, word[1].span[0] // STEP, word[-1].span[1] // STEP
        share[first:second, slice(0, 26) if small[0] else slice(26, SPACE)] = OTHER_CASE
        share[second:end, slice(0, 26) if small[1] else slice(26, SPACE)] = OTHER_CASE
    known = columns[:, :SPACE]
    if ((share < 1) * known).max(initial=0) < DOUBT:
        return columns
    kept = known * share
    kept *= known.sum(axis=1, keepdims=True) / np.maximum(kept.sum(axis=1, keepdims=True), np.finfo(kept.dtype).tiny)
    return np.hstack([kept, columns[:, SPACE:]])


def in_cells(words: list[list[Letter]]) -> bool:
    """Whether what looks like several words is one, written in the cells of a form or a crossword.

    There the letters are as far apart as words, but evenly: the distances of their centres differ by EVENLY at most.
    Three of them can show that. Where not all of them were taken for words, they are CAPITAL px apart as well.
    """
    boxes = [letter.box for word in words for letter in word]
    if len(words) < 2 or len(boxes) < 3:
        return False
    pitch = np.diff([x + width / 2 for x, _, width, _ in boxes])
    least = 0 if len(words) == len(boxes) else CAPITAL
    return bool(pitch.min() > least and pitch.max() < EVENLY * pitch.min())


# ---- columns ----


def restrict(columns: np.ndarray, alphabet: str) -> np.ndarray:
    """Columns of an alphabet of one case: the letters of the other case have probability 0, those of this case take it.

    Most of it goes to them in proportion: what looks like a small l is an I where all letters are capitals. OTHER_CASE
    of it stays with the same letter, so that an `a` that the network is sure of becomes an A. Columns of `any` are
    returned as they are. float32 (T, 55) -> float32 (T, 55). Raises ValueError for an unknown alphabet.
    """
    alphabets.check(alphabet)
    if alphabet == "any":
        return columns
    upper, lower = columns[:, :26], columns[:, 26:SPACE]
    known, other = (upper, lower) if alphabet == "upper" else (lower, upper)
    either = (upper + lower).sum(axis=1, keepdims=True)
    known = known + OTHER_CASE * other
    known = known * (either / np.maximum(known.sum(axis=1, keepdims=True), np.finfo(known.dtype).tiny))
    nothing = np.zeros_like(known)
    return np.hstack([*((known, nothing) if alphabet == "upper" else (nothing, known)), columns[:, SPACE:]])


def fold(columns: np.ndarray) -> np.ndarray:
    """Columns of 26 letters, the space and the blank: float32 (T, 55) -> float32 (T, 28).

    What is not a letter never comes out as one. Something narrow (a dot, an apostrophe, a speck) counts as blank, so
    that `don't` stays one word; from BREAK px on (a digit, a slash, a hyphen) it counts as space, so that `and/or` is
    two words. Spaces at either end and next to each other are one (see `search`), so that `- ` adds nothing to a space.
    """
    folded = np.empty((len(columns), 28), columns.dtype)
    folded[:, :26] = columns[:, :26] + columns[:, 26:SPACE]
    wide = np.zeros(len(columns), bool)
    for first, end in _runs(columns):
        wide[first:end] = (end - first) * STEP >= BREAK
    folded[:, 26] = columns[:, SPACE] + np.where(wide, columns[:, OTHER], 0)
    folded[:, 27] = columns[:, BLANK] + np.where(wide, 0, columns[:, OTHER])
    return folded


def _runs(columns: np.ndarray) -> list[tuple[int, int]]:
    """Runs of columns in which OTHER is the likeliest class, across blanks: first and last column (exclusive)."""
    likeliest = columns.argmax(axis=1)
    filled = likeliest[likeliest != BLANK]
    places = np.flatnonzero(likeliest != BLANK)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], filled == OTHER, [0]]).astype(np.int8)))
    return [(int(places[first]), int(places[end - 1]) + 1) for first, end in edges.reshape(-1, 2)]


def _marks(columns: np.ndarray, segments: np.ndarray) -> list[tuple[int, int]]:
    """The runs of what is not a letter beside the letters, whose columns are `segments`, int (N, 2)."""
    taken = [((segments[:, 0] < end) & (segments[:, 1] > first)).any() for first, end in _runs(columns)]
    return [run for run, used in zip(_runs(columns), taken, strict=True) if not used]


# ---- search ----


def search(
    columns: np.ndarray, language: Language | None = None, beam: int | None = None, margin: float = MARGIN
) -> list[tuple[str, float]]:
    """The likeliest texts of folded columns, float (T, 28), best first, and their shares of the probability.

    Texts have letters a-z and single spaces between words; a space at either end or after a space adds nothing.
    Prefix beam search: the probability of a prefix is the sum over all its paths, kept apart by whether they end in a
    blank (Graves 2012, doi:10.1007/978-3-642-24797-2, 7.5). A language is a prior with a weight and a bonus for each
    symbol (Hannun et al. 2014, arXiv:1408.2873). It acts at every letter, by how many words begin so, and at the end
    of a word.
    beam: prefixes that are followed, BEAM or BEAM_IN_LANGUAGE unless given; margin: those whose probability is below
    this share of the best one's are dropped.
    """
    beam = beam or (BEAM if language is None else BEAM_IN_LANGUAGE)
    prior = _prior(language)
    beams = [("", 1.0, 0.0)]  # prefix, probability of its paths that end in a blank, and in its last symbol
    for blank, symbols, most in _steps(columns):
        grown, least = {}, margin * most
        for prefix, ended, spoken in beams:
            both, last = ended + spoken, prefix[-1:]
            here = grown.setdefault(prefix, [0.0, 0.0])
            here[0] += both * blank
            for symbol, probability in symbols:
                if symbol == " " and last in ("", " "):
                    here[0] += both * probability
                    continue
                here[1] += spoken * probability if symbol == last else 0.0
                longer = (ended if symbol == last else both) * probability
                if longer > least:
                    grown.setdefault(prefix + symbol, [0.0, 0.0])[1] += longer * prior(prefix, symbol)
        beams = _best(grown, beam, margin)
    texts = {}
    for prefix, ended, spoken in beams:
        text = prefix.rstrip(" ")
        end = prior(text, " ") if text and text == prefix else 1.0  # a space has ended the word already
        texts[text] = texts.get(text, 0.0) + (ended + spoken) * end
    total = sum(texts.values())
    return sorted(((text, share / total) for text, share in texts.items()), key=lambda one: -one[1])


def _steps(columns: np.ndarray) -> list[tuple[float, list[tuple[str, float]], float]]:
    """For each column: the probability of the blank, (symbol, probability) of others, and the largest of them all.

    Classes below FLOOR, or not among the likeliest TRIED, are left out; if it is the blank, its probability is 0. After
    a column in which only the blank remains, further ones change nothing and are left out.
    """
    least = np.sort(columns, axis=1)[:, -TRIED, None]
    likely = columns >= np.maximum(least, np.minimum(FLOOR, columns.max(axis=1, keepdims=True, initial=0)))
    quiet = ~likely[:, :27].any(axis=1)
    needed = ~(quiet & np.concatenate([[False], quiet])[:-1])
    steps = []
    for column, chosen in zip(columns[needed], likely[needed], strict=True):
        places = np.flatnonzero(chosen).tolist()
        values = column[places].tolist()
        blank = values[-1] if places[-1] == 27 else 0.0
        symbols = [(FOLDED[place], value) for place, value in zip(places, values, strict=True) if place < 27]
        steps.append((blank, symbols, max(values)))
    return steps


def _best(grown: dict[str, list[float]], beam: int, margin: float) -> list[tuple[str, float, float]]:
    """The prefixes to follow, scaled so that the likeliest has probability 1: products of columns get too small."""
    most = max(ended + spoken for ended, spoken in grown.values())
    least = margin * most
    kept = [(p, ended / most, spoken / most) for p, (ended, spoken) in grown.items() if ended + spoken >= least]
    if len(kept) > beam:
        kept.sort(key=lambda one: -one[1] - one[2])
        del kept[beam:]
    return kept


def _prior(language: Language | None) -> Callable[[str, str], float]:
    """prior(prefix, symbol): the factor by which a language makes the symbol likelier after the prefix."""
    if language is None:
        return lambda prefix, symbol: 1.0
    factors = {}

    def factor(prefix, symbol):
        word = prefix[prefix.rfind(" ") + 1 :]
        key = word + symbol
        if key not in factors:
            goes_on = language.word(word) if symbol == " " else language.beginning(key)
            factors[key] = math.exp(WEIGHT * (goes_on - language.beginning(word)) + BONUS)
        return factors[key]

    return factor


# ---- letters ----


def align(columns: np.ndarray, text: str) -> np.ndarray:
    """The columns of each symbol of a text on its likeliest path: int (len(text), 2), first and last one (exclusive).

    Viterbi over the states of CTC: a blank, symbol 0, a blank, symbol 1 ... a blank. The blanks at the ends and beside
    a space may be spaces as well, as in `search`. columns: float (T, 28), folded.
    Raises ValueError if there are fewer columns than the text needs.
    """
    symbols = [FOLDED.index(symbol) for symbol in text]
    repeated = [a == b for a, b in itertools.pairwise(symbols)]
    if len(columns) < len(symbols) + sum(repeated):
        raise ValueError(f"{len(columns)} columns are too few for {text!r}")
    states = np.full(2 * len(symbols) + 1, 27)
    states[1::2] = symbols
    logs = np.log(np.maximum(columns, np.finfo(np.float32).tiny))[:, states]
    spaced = np.concatenate([[True], states[1::2] == 26, [True]])
    loose = 2 * np.flatnonzero(spaced[:-1] | spaced[1:])
    logs[:, loose] = np.log(np.maximum(columns[:, 26:].sum(axis=1), np.finfo(np.float32).tiny))[:, None]
    skip = np.full(len(states), -np.inf)  # cost of the way past a blank: none between different symbols
    skip[3::2] = np.where(repeated, -np.inf, 0.0)
    best = np.full((len(columns), len(states) + 2), -np.inf)  # with two unreachable states before the first
    best[0, 2:4] = logs[0, :2]
    for t in range(1, len(columns)):
        before = best[t - 1]
        np.maximum(before[2:], before[1:-1], out=best[t, 2:])
        np.maximum(best[t, 2:], before[:-2] + skip, out=best[t, 2:])
        best[t, 2:] += logs[t]
    return _traced(best, skip, len(symbols))


def _traced(best: np.ndarray, skip: np.ndarray, count: int) -> np.ndarray:
    """The columns of `count` symbols, back from the end. best: float (T, states + 2), log probabilities."""
    state = len(skip) - 1 if best[-1, -1] > best[-1, -2] else len(skip) - 2
    segments = np.zeros((count, 2), int)
    for t in range(len(best) - 1, -1, -1):
        if state % 2:
            segment = segments[state // 2]
            segment[0], segment[1] = t, max(segment[1], t + 1)
        if t:
            stay, forward, skipped = best[t - 1, state + 2], best[t - 1, state + 1], best[t - 1, state] + skip[state]
            state -= 0 if stay >= max(forward, skipped) else 1 if forward >= skipped else 2
    return segments


def class_probabilities(columns: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Probabilities of the 52 letters and of what is not a letter, for each letter: float32 (N, 53).

    They are summed over the letter's columns: neighbouring columns see the same ink, and a product would count it again
    with each of them. columns: float32 (T, 55);
    segments: int (N, 2).
    """
    known = [*range(SPACE), OTHER]
    mass = np.array([columns[first:end, known].sum(axis=0) for first, end in segments], np.float32).reshape(-1, 53)
    return mass / np.maximum(mass.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)


def in_language(word: list[Letter], language: Language) -> list[Letter]:
    """The letters of a word, with the probabilities that the language gives them beside the word's other letters.

    The shares of a letter's two cases stay as they are, and so does the probability that it is not a letter.
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


# ---- boxes ----


def letter_boxes(
    strip: np.ndarray, segments: np.ndarray, marks: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int, int, int]]:
    """Boxes (x, y, width, height) of the ink of each letter, px of the strip, uint8 (48, W).

    Neighbours are parted by the seam that crosses least ink. Of the ink between two seams, a letter has what is at most
    REACH px from its columns and not all above HIGHEST or below LOWEST. A letter without ink has the box of its
    columns, as tall as a capital. segments: int (N, 2), the columns of each letter; marks: those of what is not a
    letter, which keeps its own ink.
    """
    spans = np.concatenate([segments, np.array(marks, int).reshape(-1, 2)]) * STEP
    order = np.argsort(spans.mean(axis=1), kind="stable")
    owner, ink = _cells(strip, spans[order].mean(axis=1))
    _, components, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=4)
    cell_of = np.zeros(len(stats), int)
    cell_of[components.ravel()] = owner.ravel()
    corners = np.hstack([stats[:, :2], stats[:, :2] + stats[:, 2:4]])  # left, top, right, bottom
    left, right = spans[order][cell_of].T
    near = (corners[:, 0] <= right + REACH) & (corners[:, 2] >= left - REACH)
    near &= (corners[:, 3] > HIGHEST) & (corners[:, 1] < LOWEST)
    near[0] = False  # the paper
    result = [None] * len(spans)
    for cell, number in enumerate(order):
        own = corners[near & (cell_of == cell)]
        first, end = spans[number]
        low = own[:, :2].min(axis=0) if len(own) else (first, BASELINE - CAPITAL)
        high = own[:, 2:].max(axis=0) if len(own) else (end, BASELINE)
        result[number] = (int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    return result[: len(segments)]


def _cells(strip: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which centre (px, ascending) each pixel falls to, int (48, W), and the ink, cut by seams, bool (48, W)."""
    cuts = np.zeros(strip.shape, bool)
    cuts[np.arange(HEIGHT), seams(strip, centres)] = True
    return np.cumsum(cuts, axis=1), (strip >= INK) & ~cuts


def seams(strip: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The column of the cheapest seam between neighbouring centres in each row: int (N - 1, 48), px.

    A seam runs from the top of the strip to its bottom, one step to the side a row at most (Avidan & Shamir 2007,
    doi:10.1145/1276377.1276390). strip: uint8 (48, W); centres: float (N,), px, ascending.
    """
    left = np.ceil(centres[:-1]).astype(int)
    right = np.ceil(centres[1:]).astype(int)
    if not len(left):
        return np.zeros((0, HEIGHT), int)
    across = np.arange((right - left).max())
    places = np.minimum(left[:, None] + across, strip.shape[1] - 1)
    cost = strip[:, places] / np.float32(255)  # (48, N - 1, widest)
    cost += DRIFT * np.abs(left[:, None] + across - (centres[:-1] + centres[1:])[:, None] / 2)
    cost[:, across >= (right - left)[:, None]] = np.inf
    total = np.pad(cost, ((0, 0), (0, 0), (1, 1)), constant_values=np.inf)
    for row in range(1, HEIGHT):
        above = total[row - 1]
        aside = np.minimum(above[:, :-2], above[:, 2:]) + ASIDE
        total[row, :, 1:-1] += np.minimum(above[:, 1:-1], aside)
    found = np.empty((len(left), HEIGHT), int)
    every = np.arange(len(left))
    found[:, -1] = total[-1].argmin(axis=1)
    for row in range(HEIGHT - 2, -1, -1):
        below = found[:, row + 1]
        ways = np.stack([total[row, every, below], total[row, every, below - 1], total[row, every, below + 1]])
        ways[1:] += ASIDE
        found[:, row] = below + np.array([0, -1, 1])[ways.argmin(axis=0)]
    return found - 1 + left[:, None]


# ---- case ----


def settle_case(words: list[list[Letter]]) -> list[list[Letter]]:
    """The words of a line, with the case of each letter chosen: the one place where this happens.

    The evidence is the network's own odds for each letter; for letters of ALIKE, whose cases differ in size alone, it
    is mostly the height of the ink beside the other letters of the line. As the network may be wrong about a letter,
    each word is settled as a whole: in capitals, small letters, capitalised or, rarely, mixed. How likely these are
    depends on the style of the line (STYLES); the likeliest style and its likeliest words are chosen.
    """
    if not words:
        return []
    odds = case_odds([letter for word in words for letter in word])
    ends = np.cumsum([0, *map(len, words)])
    parts = [odds[first:end] for first, end in itertools.pairwise(ends)]
    mixed = [np.maximum(own, 0).sum() - len(own) * math.log(2) for own in parts]
    likely = np.array([(own.sum(), 0.0, own[0], free) for own, free in zip(parts, mixed, strict=True)])
    best, chosen = -np.inf, None
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

    Small i and j have no say: some have a dot, some have not.
    """
    sure = [alphabets.CLASSES[label] not in alphabets.DOTTED for label in labels]
    tops, reach = tops[sure], np.array([alphabets.extent(label)[0] for label in labels[sure]])
    tall = reach > alphabets.X_HEIGHT
    capital = (SIZE_PRIOR * CAPITAL + (tops[tall] / reach[tall]).sum()) / (SIZE_PRIOR + tall.sum())
    small = tops[~tall]
    x_height = (SIZE_PRIOR * alphabets.X_HEIGHT * capital + small.sum()) / (SIZE_PRIOR + len(small))
    return float(capital), float(x_height)
