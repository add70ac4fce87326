"""From the columns of a strip to its text: CTC decoding, with or without a language.

`search` finds the likeliest texts of folded columns (`ctc.fold`), `align` the columns of each letter of a text.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

import numpy as np

from letters.characters import LIGATURES
from letters.ctc import COLUMN_CLASSES, EXTRA, FOLDED, OTHER, SPACE
from letters.language import Language, plainly

SPACED = FOLDED.index(" ")
FLOOR = 3e-3  # probability: classes below it are left out of a column
TRIED = 12  # classes of a column at most: bounds the time spent on noise
BEAM, BEAM_IN_LANGUAGE = 8, 32  # prefixes to keep, without and with a language
MARGIN = math.exp(-8)  # of the best prefix's probability; prefixes below it are dropped
# Chosen on labels and words of hdBPMN's validation writers, and on drawn pages of rare words and random letters. A
# smaller bonus loses letters of real lines; a larger weight turns random letters into words.
LETTERS = FOLDED[:26] + LIGATURES.lower()  # symbols that words are made of
SIGN = math.log(0.02)  # log probability of a digit or sign at any place, in a language
WEIGHT = 0.7  # of the language's log probability; that of the columns has weight 1
BONUS = 1.6  # log probability for each symbol: makes up for the language, which makes longer texts less likely
CANDIDATES = 4  # texts of each view that are compared


def search(
    columns: np.ndarray, language: Language | None = None, beam: int | None = None, margin: float = MARGIN
) -> list[tuple[str, float]]:
    """The likeliest texts of folded columns, float (T, 59), best first, and their shares of the probability.

    Texts have symbols of `ctc.FOLDED`, and single spaces between words; a space at either end or after a space adds
    nothing.
    Prefix beam search: the probability of a prefix is the sum over all its paths; paths that end in a blank are summed
    separately (Graves 2012, doi:10.1007/978-3-642-24797-2, 7.5). A language is a prior with a weight and a bonus for
    each symbol (Hannun et al. 2014, arXiv:1408.2873). It acts at every letter, by the probability of all words with
    that beginning, and at the end of each word.
    beam: number of prefixes to keep, by default BEAM or BEAM_IN_LANGUAGE. margin: prefixes are dropped when their
    probability is below this share of the best one's.
    """
    beam = beam or (BEAM if language is None else BEAM_IN_LANGUAGE)
    prior = _prior(language)
    beams = [("", 1.0, 0.0)]  # prefix, probability of its paths that end in a blank, and in its last symbol
    for blank, symbols, most in _steps(columns):
        grown: dict[str, list[float]] = {}
        least = margin * most
        for prefix, ended, spoken in beams:
            both, last, follows = ended + spoken, prefix[-1:], prior(prefix)
            here = grown.setdefault(prefix, [0.0, 0.0])
            here[0] += both * blank
            for symbol, probability in symbols:
                if symbol == " " and last in ("", " "):
                    here[0] += both * probability
                    continue
                here[1] += spoken * probability if symbol == last else 0.0
                longer = (ended if symbol == last else both) * probability
                if longer > least:
                    grown.setdefault(prefix + symbol, [0.0, 0.0])[1] += longer * follows[symbol]
        beams = _best(grown, beam, margin)
    texts: dict[str, float] = {}
    for prefix, ended, spoken in beams:
        text = prefix.rstrip(" ")
        end = prior(text)[" "] if text and text == prefix else 1.0  # a space has ended the word already
        texts[text] = texts.get(text, 0.0) + (ended + spoken) * end
    total = sum(texts.values())
    return sorted(((text, share / total) for text, share in texts.items()), key=lambda one: -one[1])


def agree(views: Sequence[np.ndarray], language: Language | None = None) -> str:
    """The likeliest text of several views of one line, float (T, 59) each, folded; T may differ.

    The best texts of all views are compared by the mean of their log probabilities in each, and the language's. A view
    with too few columns for a text counts as one that makes it impossible.
    """
    found = {text: None for view in views for text, _ in search(view, language)[:CANDIDATES]}
    texts = list(found)
    seen = np.mean([log_likelihoods(view, texts) for view in views], axis=0)
    prior = _prior(language)
    return texts[int(np.argmax(seen + [_log_prior(text, prior) for text in texts]))]


def _log_prior(text, prior):
    """The log of all factors of a prior that `search` gives a text on its way."""
    ways = [(text[:i], symbol) for i, symbol in enumerate(text)] + ([(text, " ")] if text else [])
    return sum(math.log(prior(prefix)[symbol]) for prefix, symbol in ways)


def log_likelihoods(columns: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """The log probability of each text: that of all its paths through folded columns, float (T, 59), added up.

    The forward algorithm (Graves et al. 2006, doi:10.1145/1143844.1143891, 4.1) for all texts at once. As in `search`,
    spaces at either end or after a space add nothing. Returns float (N,), -inf for a text that needs more columns.
    """
    columns = columns[_needed(columns[:, :-1].max(axis=1, initial=0) < FLOOR)]
    symbols = [[FOLDED.index(symbol) for symbol in text] for text in texts]
    count = 2 * max(map(len, symbols), default=0) + 1
    blank, loose, nothing = len(FOLDED), len(FOLDED) + 1, len(FOLDED) + 2
    chances = np.zeros((len(columns), nothing + 1))
    chances[:, : blank + 1], chances[:, loose] = columns, columns[:, [SPACED, blank]].sum(axis=1)
    states = np.full((len(texts), count), nothing)  # of shorter texts, the last ones are
    skipped = np.zeros((len(texts), count))
    stays = np.ones((len(texts), count))  # none in a space: those after it belong to the state behind it
    for i, own in enumerate(symbols):
        states[i, : 2 * len(own) + 1 : 2] = [loose, *(loose if one == SPACED else blank for one in own)]
        states[i, 2 * len(own)] = loose
        states[i, 1 : 2 * len(own) : 2] = own
        stays[i, 1 : 2 * len(own) : 2] = [one != SPACED for one in own]
        skipped[i, 3 : 2 * len(own) : 2] = [a != b for a, b in itertools.pairwise(own)]
    ends = np.array([2 * len(own) for own in symbols])
    every, logs = np.arange(len(texts)), np.zeros(len(texts))
    paths = np.zeros((len(texts), count + 2))  # with two states before the first
    skipped[:, 1:2] = 1.0  # from the first of them, where all paths begin, to the first symbol
    paths[:, 1] = 1.0
    with np.errstate(divide="ignore"):
        for column in chances:
            reached = (stays * paths[:, 2:] + paths[:, 1:-1] + skipped * paths[:, :-2]) * column[states]
            most = np.maximum(reached.max(axis=1), np.finfo(float).tiny)
            logs += np.log(most)
            paths[:, 2:] = reached / most[:, None]
            paths[:, :2] = 0.0
        return logs + np.log(paths[every, ends + 2] + np.where(ends > 0, paths[every, ends + 1], 0.0))


def _needed(quiet: np.ndarray) -> np.ndarray:
    """Which columns change something, bool (T,): of those in a row that have only the blank, quiet, the first."""
    return ~(quiet & np.concatenate([[False], quiet])[:-1])


def _steps(columns: np.ndarray) -> list[tuple[float, list[tuple[str, float]], float]]:
    """For each column: the probability of the blank, (symbol, probability) of others, and the largest of them all.

    Classes below FLOOR, or not among the TRIED most likely, are left out; a blank that is left out has probability 0.
    Where several columns in a row have only the blank left, all but the first are skipped: they change nothing.
    """
    least = np.sort(columns, axis=1)[:, -TRIED, None]
    likely = columns >= np.maximum(least, np.minimum(FLOOR, columns.max(axis=1, keepdims=True, initial=0)))
    needed = _needed(~likely[:, :-1].any(axis=1))
    steps = []
    for column, chosen in zip(columns[needed], likely[needed], strict=True):
        places = np.flatnonzero(chosen).tolist()
        values = column[places].tolist()
        blank = values[-1] if places[-1] == len(FOLDED) else 0.0
        symbols = [(FOLDED[place], value) for place, value in zip(places, values, strict=True) if place < len(FOLDED)]
        steps.append((blank, symbols, max(values)))
    return steps


def _best(grown: dict[str, list[float]], beam: int, margin: float) -> list[tuple[str, float, float]]:
    """The prefixes to keep, scaled: the most likely has probability 1. Unscaled, products of many columns underflow."""
    most = max(map(sum, grown.values()))
    least = margin * most
    kept = [(p, ended / most, spoken / most) for p, (ended, spoken) in grown.items() if ended + spoken >= least]
    if len(kept) > beam:
        kept.sort(key=lambda one: -one[1] - one[2])
        del kept[beam:]
    return kept


def _prior(language: Language | None) -> Callable[[str], Mapping[str, float]]:
    """prior(prefix)[symbol]: the factor that a language gives the symbol after the prefix."""
    if language is None:
        same: Mapping[str, float] = defaultdict(lambda: 1.0)
        return lambda prefix: same
    after_word = cache(partial(_Factors, language))
    return cache(lambda prefix: after_word(_last_word(prefix)))


class _Factors(dict[str, float]):
    """The factor that a language gives each symbol after a word or its beginning, worked out when first asked for.

    A digit or sign ends a word as a space does; an apostrophe goes on with it, as words are listed without any.
    """

    def __init__(self, language: Language, word: str):
        super().__init__()
        self.language, self.word = language, word

    def __missing__(self, symbol: str) -> float:
        spelt = plainly(self.word)
        before = self.language.beginning(spelt)
        if symbol in LETTERS:
            log = self.language.beginning(plainly(self.word + symbol)) - before
        elif symbol == "'":
            log = SIGN
        else:
            log = (self.language.word(spelt) - before if spelt else 0.0) + (0.0 if symbol == " " else SIGN)
        self[symbol] = factor = math.exp(WEIGHT * log + BONUS)
        return factor


def _last_word(prefix: str) -> str:
    """The letters at the end of a prefix, and apostrophes among them."""
    first = len(prefix)
    while first and (prefix[first - 1] in LETTERS or prefix[first - 1] == "'"):
        first -= 1
    return prefix[first:]


def fits(columns: np.ndarray, text: str) -> bool:
    """Whether there are columns enough for a text: equal symbols need a blank between them."""
    return len(columns) >= len(text) + sum(a == b for a, b in itertools.pairwise(text))


def align(columns: np.ndarray, text: str) -> np.ndarray:
    """The columns of each symbol of a text on its likeliest path: int (len(text), 2), first and last one (exclusive).

    Viterbi over the states of CTC: a blank, symbol 0, a blank, symbol 1 ... a blank. The blanks at the ends and beside
    a space may be spaces as well, as in `search`. columns: float (T, 59), folded.
    Raises ValueError if there are fewer columns than the text needs.
    """
    symbols = [FOLDED.index(symbol) for symbol in text]
    repeated = [a == b for a, b in itertools.pairwise(symbols)]
    if not fits(columns, text):
        raise ValueError(f"{len(columns)} columns are too few for {text!r}")
    states = np.full(2 * len(symbols) + 1, len(FOLDED))
    states[1::2] = symbols
    logs = np.log(np.maximum(columns, np.finfo(np.float32).tiny))[:, states]
    spaced = np.concatenate([[True], states[1::2] == 26, [True]])
    loose = 2 * np.flatnonzero(spaced[:-1] | spaced[1:])
    logs[:, loose] = np.log(np.maximum(columns[:, [26, -1]].sum(axis=1), np.finfo(np.float32).tiny))[:, None]
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
    """For each letter, the probabilities of the 52 letter classes, of OTHER and of the characters of
    `characters.EXTRA`: float32 (N, 86).

    They are summed over the letter's columns. Neighbouring columns see the same ink; a product would count it several
    times. columns: float32 (T, 88); segments: int (N, 2).
    """
    known = [*range(SPACE), OTHER, *range(EXTRA, COLUMN_CLASSES)]
    mass = np.array([columns[first:end, known].sum(axis=0) for first, end in segments], np.float32)
    mass = mass.reshape(-1, len(known))
    return mass / np.maximum(mass.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)


def mark_probabilities(columns: np.ndarray, marks: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """For each letter, the probabilities of its marks, if it is a letter: float32 (N, 11), the mean over its columns by
    how likely each shows a letter. columns: float32 (T, 88); marks: float32 (T, 11); segments: int (N, 2)."""
    weights = columns[:, :SPACE].sum(axis=1, keepdims=True) + np.float32(1e-6)
    means = [(marks[a:b] * weights[a:b]).sum(axis=0) / weights[a:b].sum() for a, b in segments]
    return np.array(means, np.float32).reshape(-1, marks.shape[1])
