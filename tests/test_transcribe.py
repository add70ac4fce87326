"""From columns to text, boxes and case: on made-up probabilities and drawn strips, without any network."""

import itertools
import math
from dataclasses import replace

import cv2
import noisy_columns
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters import alphabet, boxes, case, characters, ctc, decoder, language, transcribe, views
from letters.ctc import BLANK, OTHER, SPACE, STEP
from letters.decoder import BONUS, WEIGHT
from letters.lines import BASELINE, CAPITAL, HEIGHT

NAMES = {" ": SPACE, "#": OTHER, "-": BLANK}  # of classes that are not letters, in the columns of `columns_of`


@pytest.fixture(scope="module")
def english():
    return language.load("en")


def classes_of(names, sure=0.97):
    """One column of classes for each character: letters, a space, # for what is not a letter, - for the blank."""
    columns = np.zeros((len(names), ctc.COLUMN_CLASSES), np.float32)
    columns[:, : ctc.EXTRA] = (1 - sure) / 54
    for column, name in zip(columns, names, strict=True):
        column[NAMES.get(name, ctc.class_of(name))] = sure
    return columns


def columns_of(names, sure=0.97, marks=""):
    """The same with the marks of the letters, a character of `marks` for each that has one, else none."""
    return with_marks(classes_of(names, sure), marks)


def with_marks(classes, marks=""):
    """Columns of classes, with the mark that each character of `marks` has: é for an acute, anything bare for none."""
    found = np.full((len(classes), len(characters.MARKS)), 0.001, np.float32)
    for column, name in zip(found, marks.ljust(len(classes)), strict=True):
        column[characters.decompose(name)[1]] = 0.99
    return np.hstack([classes, found])


def drawn(names):
    """A black strip for columns_of(names), to draw on."""
    return np.zeros((HEIGHT, STEP * len(names)), np.uint8)


def text_of(names, alphabet="any", language=None):
    return transcribe.decode(columns_of(names), drawn(names), alphabet, language).text


def undecided(*shares):
    """Columns, each of a dictionary {name: probability}."""
    columns = np.zeros((len(shares), ctc.COLUMN_CLASSES), np.float32)
    for column, known in zip(columns, shares, strict=True):
        for name, share in known.items():
            column[NAMES.get(name, ctc.class_of(name))] = share
    return columns


# ---- text ----


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", ""),
        ("-----", ""),
        ("     ", ""),
        ("a", "a"),
        ("-bb--ee-l-l---", "bell"),
        ("bbeelll--", "bel"),
        ("-a--  --b-", "a b"),
        ("  a-b  -  -c  ", "ab c"),
        ("n e e d", "need"),
        ("nee-edd", "need"),
        ("don-##-t", "dont"),
        ("and-####-or", "and or"),
        ("a-##-##-b", "a b"),
        ("ab-- #####  --cd", "ab cd"),
        ("#####-ab-#####", "ab"),
        ("#########", ""),
        ("ab#####", "ab"),
    ],
)
def test_columns_become_text(names, text):
    assert text_of(names) == text


@pytest.mark.parametrize(("names", "count"), [("-----", 0), ("nee-edd  ", 4), ("and-####-or", 5), ("7-7-", 2)])
def test_characters_are_counted_before_they_are_read(names, count):
    assert ctc.count(columns_of(names)) == count


@pytest.mark.parametrize("name", alphabet.ALPHABETS)
def test_the_alphabet_chooses_the_case(name):
    expected = {"upper": "HIGH THERE", "lower": "high there"}.get(name, "High there")
    assert text_of("HHiigghh--  --tthheerree", name) == expected


def test_both_cases_of_a_letter_are_added_up():
    assert transcribe.decode(with_marks(undecided({"c": 0.3, "C": 0.3, "e": 0.4})), drawn("c")).text.lower() == "c"


def test_one_case_takes_the_others_probability_in_proportion_to_its_own_shapes():
    columns = undecided({"l": 0.6, "I": 0.35, "i": 0.01, "L": 0.04})
    assert transcribe.decode(with_marks(columns), drawn("l"), "upper").text == "I"
    assert transcribe.decode(with_marks(columns), drawn("l"), "lower").text == "l"


@pytest.mark.parametrize("name", ["upper", "lower"])
def test_restricting_moves_letters_and_nothing_else(name):
    columns = np.random.default_rng(0).dirichlet(np.full(ctc.COLUMN_CLASSES, 0.1), 200).astype(np.float32)
    columns[:, ctc.EXTRA :] = 0
    columns /= columns.sum(axis=1, keepdims=True)
    restricted = ctc.restrict(columns, name)
    assert restricted.dtype == np.float32 and np.allclose(restricted.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(restricted[:, SPACE:], columns[:, SPACE:], atol=1e-6)
    assert not np.delete(restricted[:, :52], alphabet.classes(name), axis=1).any()


@pytest.mark.parametrize(("name", "left"), [("any", ""), ("latin", characters.LIGATURES), ("text", characters.EXTRA)])
def test_digits_and_signs_count_as_something_else_where_the_alphabet_has_none(name, left):
    columns = undecided({"7": 0.6, "Z": 0.3, "-": 0.1}, {"ß": 0.8, "B": 0.2}, {"7": 1})
    restricted = ctc.restrict(columns, name)
    assert np.allclose(restricted.sum(axis=1), 1, atol=1e-5)
    for extra in "7ß":
        there = restricted[:, ctc.class_of(extra)]
        assert np.array_equal(there, columns[:, ctc.class_of(extra)]) if extra in left else not there.any()
    if name != "text":
        other, z = restricted[0, [OTHER, ctc.class_of("Z")]]
        assert other / z == pytest.approx(ctc.RARE * 0.6 / 0.3, rel=1e-4)  # a 7 may be a Z
        assert restricted[2, OTHER] == pytest.approx(1)  # but a clear one is not
    if name == "any":
        assert restricted[1, ctc.class_of("s")] == pytest.approx(0.8)


def test_a_digit_counts_more_among_digits_and_less_among_letters():
    def left_of_zero(beside):
        doubtful = undecided({"0": 0.6, "O": 0.4})
        rows = [undecided({beside: 1})] * 3 if beside else []
        gap = np.eye(ctc.COLUMN_CLASSES, dtype=np.float32)[[BLANK] * (ctc.OWN + 1)]
        columns = np.concatenate([*rows, gap, doubtful, gap, *rows])
        other, o = ctc.restrict(columns, "any")[len(columns) // 2, [OTHER, ctc.class_of("O")]]
        return other / o * 0.4 / 0.6

    among_digits, alone, among_letters = map(left_of_zero, ("5", "", "E"))
    assert alone == pytest.approx(ctc.RARE, rel=1e-4)
    assert among_letters < 0.4 * ctc.RARE and 0.7 < among_digits <= 1


def test_folding_keeps_all_probability():
    columns = np.random.default_rng(0).dirichlet(np.full(ctc.COLUMN_CLASSES, 0.1), 200).astype(np.float32)
    folded = ctc.fold(columns)
    assert folded.shape == (200, len(ctc.FOLDED) + 1) and folded.dtype == np.float32
    assert np.allclose(folded.sum(axis=1), 1, atol=1e-5) and (folded >= 0).all()


def test_what_is_not_a_letter_never_becomes_one_even_with_a_language(english):
    assert text_of("#" * 30, language=english) == ""
    assert text_of("-####--####--####-", language=english) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: transcribe.transcribe([np.zeros((48, 8), np.float32)], lambda strips: [columns_of("----")]),
        lambda: transcribe.transcribe([np.zeros((40, 8), np.uint8)], lambda strips: [columns_of("----")]),
        lambda: transcribe.transcribe([drawn("----")], lambda strips: [columns_of("---")]),
        lambda: transcribe.transcribe([drawn("----")], lambda strips: []),
        lambda: transcribe.transcribe([drawn("----")], lambda strips: [columns_of("----")], "digits"),
        lambda: transcribe.decode(columns_of("----")[:, :54], drawn("----")),
        lambda: ctc.restrict(classes_of("----"), "digits"),
        lambda: decoder.align(ctc.fold(classes_of("lll")), "llo"),
    ],
)
def test_wrong_input_is_refused(wrong):
    with pytest.raises(ValueError, match=r"strips must be|has columns|zip|alphabet must be|too few"):
        wrong()


def unsure_network(first, other, calls=None):
    """A network that reads strips of the width of `first` in one way, and other views of them in another."""

    def network(strips):
        found = []
        for strip in strips:
            columns = first if strip.shape[1] == STEP * len(first) else other
            missing = strip.shape[1] // STEP - len(columns)
            blanks = undecided(*[{"-": 1}] * max(0, missing))
            found.append(with_marks(np.concatenate([columns[: strip.shape[1] // STEP], blanks])))
            calls.append(strip.shape) if calls is not None else None
        return found

    return network


@pytest.mark.parametrize("alphabet", ["any", "upper", "lower", "latin", "text"])
def test_a_doubtful_strip_is_seen_again_and_the_views_decide(alphabet):
    c, e, o = "ceo" if alphabet == "lower" else "CEO"
    first = undecided(*[{"-": 1}] * 8, {c: 0.4, e: 0.35, o: 0.25}, *[{"-": 1}] * 11)
    other = undecided(*[{"-": 1}] * 8, {c: 0.2, e: 0.8}, {"-": 1})
    strip, calls = drawn("-" * 20), []
    (read,) = transcribe.transcribe([strip], unsure_network(first, other, calls), alphabet)
    assert read.text.lower() == "e" and len(calls) == 1 + len(views.SCALES)
    letter = read.letters[0]
    either = letter.scores[:26] + letter.scores[26:52]
    assert either[4] > either[2] > 0.2  # the mean of what the views say
    assert 0 <= letter.span[0] < letter.span[1] <= strip.shape[1]
    assert transcribe.decode(with_marks(first), strip, alphabet).text.lower() == "c"  # one look only


def test_a_strip_without_doubt_is_seen_once():
    sure, calls = undecided(*[{"-": 1}] * 8, {"c": 1}, *[{"-": 1}] * 11), []
    (read,) = transcribe.transcribe([drawn("-" * 20)], unsure_network(sure, sure, calls))
    assert read.text.lower() == "c" and len(calls) == 1


@given(st.integers(1, 60), st.sampled_from(views.SCALES))
def test_another_view_is_a_strip_with_its_baseline_where_it_was(quarters, scale):
    strip = np.zeros((HEIGHT, 4 * quarters), np.uint8)
    strip[BASELINE - CAPITAL : BASELINE] = 255
    seen = views.scaled(strip, scale)
    assert seen.dtype == np.uint8 and seen.shape[0] == HEIGHT
    assert seen.shape[1] % 4 == 0 and abs(seen.shape[1] - scale * strip.shape[1]) <= 4
    rows = np.flatnonzero(seen[:, 0] > 127)
    assert abs(rows[-1] + 1 - BASELINE) <= 1 and abs(len(rows) - scale * CAPITAL) <= 1.5


def test_the_letters_of_a_word_have_their_places_in_every_view():
    (word,) = transcribe.decode(columns_of("-cc--oo-"), drawn("-cc--oo-")).words
    smaller = views.View(np.zeros((6, ctc.COLUMN_CLASSES), np.float32), np.zeros((6, 11), np.float32), 0.75)
    (moved,) = smaller.spans([word])
    assert [one.span for one in word] == [(2, 6), (10, 14)]
    assert [one.span for one in moved] == [(2, 4), (8, 10)]


def test_all_strips_of_a_picture_are_read_with_one_call():
    calls = []

    def network(strips):
        calls.append(len(strips))
        return [columns_of("ab"[i] * (strip.shape[1] // STEP)) for i, strip in enumerate(strips)]

    read = transcribe.transcribe([drawn("----"), drawn("--------")], network)
    assert [one.text for one in read] == ["a", "b"] and calls == [2]
    assert transcribe.transcribe([], network) == [] and calls == [2]
    assert [one.words for one in transcribe.transcribe([drawn("")], network)] == [[]]


# ---- search ----


def exact(columns, prior=None):
    """Probability of every text of folded columns: the sum over all paths, one by one."""
    known = np.flatnonzero(columns.any(axis=0)).tolist()
    rows = columns.tolist()
    texts = {}
    for path in itertools.product(known, repeat=len(columns)):
        symbols = [symbol for symbol, _ in itertools.groupby(path)]
        text = " ".join("".join(ctc.FOLDED[i] for i in symbols if i != len(ctc.FOLDED)).split())
        texts[text] = texts.get(text, 0.0) + math.prod(row[i] for row, i in zip(rows, path, strict=True))
    if prior:
        for text in texts:
            for word in text.split():
                texts[text] *= math.exp(WEIGHT * prior.word(word) + BONUS * (len(word) + 1))
    return texts


@st.composite
def few_columns(draw):
    """Up to five folded columns of three classes, one of them the blank."""
    classes = [*draw(st.sampled_from([(0, 1), (0, 26), (4, 19)])), -1]
    count = draw(st.integers(1, 5))
    columns = np.zeros((count, len(ctc.FOLDED) + 1))
    for column in columns:
        column[classes] = draw(st.lists(st.floats(0.05, 1), min_size=3, max_size=3))
    return columns / columns.sum(axis=1, keepdims=True)


@given(few_columns(), st.booleans())
@settings(max_examples=150)
def test_a_wide_beam_sums_up_all_paths_of_each_text(columns, in_words):
    prior = language.Language({"a": 5, "ab": 3, "aba": 2, "et": 4, "tee": 1}) if in_words else None
    texts = exact(columns, prior)
    found = decoder.search(columns, prior, beam=1000, margin=0)
    total = sum(texts.values())
    assert dict(found) == pytest.approx({text: share / total for text, share in texts.items()})
    assert [share for _, share in found] == sorted(dict(found).values(), reverse=True)


@given(few_columns())
@settings(max_examples=150)
def test_the_likelihood_of_a_text_is_the_sum_of_all_its_paths(columns):
    texts = exact(columns, None)
    found = decoder.log_likelihoods(columns, list(texts))
    assert dict(zip(texts, np.exp(found), strict=True)) == pytest.approx(texts)


def test_a_text_that_needs_more_columns_is_impossible():
    columns = ctc.fold(classes_of("aab"))
    found = decoder.log_likelihoods(columns, ["", "ab", "aab", "abab"])
    assert np.isfinite(found[:2]).all() and np.isneginf(found[2:]).all()
    assert [decoder.fits(columns, text) for text in ("", "ab", "aab", "abab")] == [True, True, False, False]
    assert decoder.log_likelihoods(columns, [""]).shape == (1,)


def test_the_likelihood_of_a_long_text_does_not_vanish_and_quiet_columns_cost_nothing():
    text = "abcdefghij" * 60
    columns = ctc.fold(classes_of("".join(name + "-" for name in text), sure=0.5))
    (one,) = decoder.log_likelihoods(columns, [text])
    assert len(text) * math.log(0.25) < one < 0
    quiet = ctc.fold(undecided(*[{"a": 1}], *[{"-": 1}] * 50, *[{"b": 1}]))
    assert decoder.log_likelihoods(quiet, ["ab"])[0] == pytest.approx(0, abs=1e-6)


def test_views_agree_on_what_most_of_them_support():
    one = ctc.fold(undecided({"c": 0.6, "e": 0.4}, {"-": 1}, {"o": 1}))
    others = [ctc.fold(undecided({"c": 0.3, "e": 0.7}, {"-": 1}, {"-": 1}, {"o": 1})) for _ in range(2)]
    assert decoder.search(one)[0][0] == "co"
    assert decoder.agree([one, *others]) == "eo"
    assert decoder.agree([one]) == "co"


def test_views_agree_with_the_language(english):
    views = [ctc.fold(undecided({"t": 1}, {"-": 1}, {"h": 1}, {"-": 1}, {"c": 0.55, "e": 0.45}))] * 2
    assert decoder.agree(views) == "thc"
    assert decoder.agree(views, english) == "the"


def test_the_usual_beam_finds_what_a_wide_one_finds(english):
    texts = [noisy_columns.random_letters(np.random.default_rng(i)) for i in range(12)]
    columns = [ctc.fold(noisy_columns.noisy(text, i)) for i, text in enumerate(texts)]
    for prior in (None, english):
        usual, wide = ([decoder.search(one, prior, *how)[0][0] for one in columns] for how in ((), (64, 1e-5)))
        assert np.mean([one == other for one, other in zip(usual, wide, strict=True)]) > 0.85


def test_the_sum_over_paths_beats_the_best_path():
    columns = np.zeros((2, len(ctc.FOLDED) + 1))
    columns[:, [0, -1]] = 0.4, 0.6  # the best path is two blanks, 0.36; the paths of `a` sum to 0.64
    assert decoder.search(columns) == [("a", pytest.approx(0.64)), ("", pytest.approx(0.36))]


def test_a_column_brings_few_classes_into_the_search_and_quiet_ones_are_left_out():
    noise = decoder._steps(np.full((5, 59), 1 / 59) + np.random.default_rng(0).uniform(0, 1e-3, (5, 59)))
    assert [len(symbols) + (blank > 0) for blank, symbols, _ in noise] == [decoder.TRIED] * 5
    quiet = ctc.fold(undecided({"-": 1}, {"-": 1}, {"-": 0.998, "a": 0.002}, {"-": 0.99, "a": 0.01}, {"-": 1}))
    assert [[name for name, _ in symbols] for _, symbols, _ in decoder._steps(quiet)] == [[], ["a"], []]


def test_long_strips_do_not_vanish():
    text = "abcdefghij" * 60
    columns = ctc.fold(classes_of("".join(name + "-" for name in text), sure=0.5))
    assert decoder.search(columns)[0][0] == text


def test_a_language_decides_what_the_columns_leave_open(english):
    open_columns = undecided(
        {"h": 1},
        {"-": 1},
        {"o": 0.45, "a": 0.55},
        {"-": 1},
        {"u": 0.4, "v": 0.6},
        {"-": 1},
        {"s": 1},
        {"-": 1},
        {"e": 1},
    )
    columns = with_marks(open_columns)
    read = [transcribe.decode(columns, drawn("-" * 9), "lower", prior).text for prior in (None, english)]
    assert read == ["havse", "house"]


def test_a_language_leaves_alone_what_the_columns_are_sure_of(english):
    for text in ("xqzwk", "hovse", "teh qvick brwn", "wojciech"):
        names = "".join(f"-{name}{name}-" for name in text)
        columns = columns_of(names, sure=0.9999)
        assert transcribe.decode(columns, drawn(names), "lower", english).text == text


def test_a_word_begins_anew_after_a_space(english):
    slip = {"t": 0.5, "f": 0.5}
    columns = undecided(
        {"o": 1}, {"n": 1}, {" ": 1}, slip, {"h": 1}, {"e": 1}, {" ": 1}, {"n": 0.5, "m": 0.5}, {"e": 1}
    )
    assert transcribe.decode(with_marks(columns), drawn("-" * 9), "lower", english).text == "on the me"


def test_a_language_halves_the_errors_of_words_and_costs_other_letters_little():
    prior, texts = noisy_columns.groups(40)
    without, within = (
        {name: noisy_columns.error_rate(group, p) for name, group in texts.items()} for p in (None, prior)
    )
    assert within["words of the list"] < 0.5 * without["words of the list"]
    assert within["words in no list"] < 0.8 * without["words in no list"]
    assert within["random letters"] < without["random letters"] + 0.04


# ---- letters ----


def test_letters_are_aligned_to_their_columns():
    names = "--hhh-ee-ll--l-ooo--  -a-"
    segments = decoder.align(ctc.fold(classes_of(names)), "hello a")
    letters = [[2, 5], [6, 8], [9, 11], [13, 14], [15, 18], [23, 24]]
    assert np.delete(segments, 5, axis=0).tolist() == letters and segments[5, 0] == 20


def test_alignment_passes_over_further_spaces():
    segments = decoder.align(ctc.fold(classes_of("  -a-  --  b-  ")), "a b")
    assert segments[0].tolist() == [3, 4] and segments[2].tolist() == [11, 12]


@given(st.text("abc ", min_size=1, max_size=6), st.integers(0, 99))
def test_aligned_symbols_follow_one_another(text, seed):
    text = " ".join(text.split()) or "a"
    columns = np.random.default_rng(seed).dirichlet(np.ones(len(ctc.FOLDED) + 1), 2 * len(text) + 3)
    segments = decoder.align(columns, text)
    assert (segments[:, 0] < segments[:, 1]).all() and (segments[1:, 0] >= segments[:-1, 1]).all()
    assert segments[0, 0] >= 0 and segments[-1, 1] <= len(columns)


def test_probabilities_are_what_the_classes_have_in_the_letters_columns():
    columns = undecided({"a": 0.6, "o": 0.2, "-": 0.2}, {"a": 0.5, "A": 0.1, "#": 0.4}, {"-": 1})
    (letter,) = transcribe.decode(with_marks(columns), drawn("aa-")).letters
    assert letter.name == "a" and letter.span == (0, 4) and letter.scores.dtype == np.float32
    expected = np.zeros(53)
    expected[[alphabet.CLASSES.index(name) for name in "aoA"]] = np.array([1.1, 0.2, 0.1]) / 1.8
    expected[52] = 0.4 / 1.8
    assert np.allclose(letter.scores, expected, atol=1e-6)


def test_a_language_changes_the_candidates_but_not_whether_it_is_a_letter(english):
    columns = undecided(
        {"h": 1}, {"-": 1}, {"o": 0.4, "a": 0.5, "#": 0.1}, {"-": 1}, {"u": 1}, {"-": 1}, {"s": 1}, {"-": 1}, {"e": 1}
    )
    columns = with_marks(columns)
    plain, helped = (transcribe.decode(columns, drawn("-" * 9), "any", prior).letters[1] for prior in (None, english))
    assert (plain.name, helped.name) == ("a", "o")
    assert alphabet.fold(helped.scores[None])[0].argmax() == ord("o") - 97
    assert helped.scores[52] == pytest.approx(plain.scores[52]) and helped.scores.sum() == pytest.approx(1, abs=1e-5)


# ---- boxes ----


def boxes_of(strip, names):
    return [letter.box for letter in transcribe.decode(columns_of(names), strip, "upper").letters]


def rectangle(strip, x, y, width, height):
    cv2.rectangle(strip, (x, y), (x + width - 1, y + height - 1), 255, -1)
    return x, y, width, height


def test_boxes_are_those_of_the_ink():
    names = "--L----I----I--"
    strip = drawn(names)
    true = [rectangle(strip, 2, 10, 8, 25), rectangle(strip, 13, 9, 3, 27), rectangle(strip, 22, 12, 6, 22)]
    assert boxes_of(strip, names) == true


def test_letters_that_touch_are_cut_where_the_ink_is_thinnest():
    names = "----O-------O-----"
    strip = drawn(names)
    for x in (9, 25):
        cv2.circle(strip, (x, 25), 7, 255, 2)
    cv2.line(strip, (9, 26), (25, 26), 255, 2)
    first, second = boxes_of(strip, names)
    assert first[0] == 1 and second[0] + second[2] == 34
    assert abs(first[0] + first[2] - 17) <= 1 and abs(second[0] - 17) <= 1


def test_a_seam_leans_between_slanted_letters():
    strip = drawn("-" * 20)
    for x in (5, 15):
        cv2.line(strip, (x, 35), (x + 10, 10), 255, 2)
    (seam,) = boxes.seams(strip, np.array([10.0, 20.0]))
    assert (strip[np.arange(HEIGHT), seam] == 0).all() and (np.abs(np.diff(seam)) <= 1).all()
    first, second = boxes.letter_boxes(strip, np.array([[4, 6], [9, 11]]))
    assert first[0] <= 5 and first[0] + first[2] >= 15 and second[0] <= 15 and second[0] + second[2] >= 25


def test_dots_belong_to_their_letter_and_neighbouring_lines_to_none():
    names = "---I----"
    strip = drawn(names)
    rectangle(strip, 6, 20, 3, 15)
    rectangle(strip, 6, 11, 3, 3)
    rectangle(strip, 3, 0, 6, 5)
    rectangle(strip, 3, 42, 6, 6)
    assert boxes_of(strip, names) == [(6, 11, 3, 24)]


def test_ink_far_from_letters_and_of_what_is_not_a_letter_is_left_out():
    names = "-I---##------------------"
    strip = drawn(names)
    true = rectangle(strip, 2, 10, 2, 25)
    rectangle(strip, 10, 10, 4, 25)
    rectangle(strip, 40, 10, 4, 25)
    assert boxes_of(strip, names) == [true]


def test_a_letter_without_ink_has_the_box_of_its_columns():
    assert boxes_of(drawn("--II--"), "--II--") == [(4, BASELINE - CAPITAL, 4, CAPITAL)]


@given(st.integers(0, 999))
@settings(max_examples=30)
def test_boxes_stay_in_the_strip(seed):
    rng = np.random.default_rng(seed)
    strip = (rng.integers(0, 256, (HEIGHT, 80)) * (rng.random((HEIGHT, 80)) < 0.4)).astype(np.uint8)
    read = transcribe.decode(with_marks(rng.dirichlet(np.full(ctc.COLUMN_CLASSES, 0.05), 40).astype(np.float32)), strip)
    for x, y, width, height in [letter.box for letter in read.letters]:
        assert x >= 0 and y >= 0 and width > 0 and height > 0 and x + width <= 80 and y + height <= HEIGHT


# ---- case ----


def word_of(name, capitals, tall=(), sure=0.9):
    """Letters whose case the network knows (1: a capital, 0: small) or not (?). `tall`: those as high as capitals."""
    word = []
    for i, (letter, capital) in enumerate(zip(name.upper(), capitals, strict=True)):
        number, scores = alphabet.CLASSES.index(letter), np.zeros(53, np.float32)
        upper = {"1": sure, "0": 1 - sure, "?": 0.5}[capital]
        scores[number], scores[number + 26] = upper, 1 - upper
        top = CAPITAL if i in tall else round(alphabet.X_HEIGHT * CAPITAL)
        word.append(ctc.Letter(number, scores, (0, 2), (0, BASELINE - top, 10, top)))
    return word


def cased(*words):
    return transcribe.Transcription(case.settle_case(list(words))).text


@pytest.mark.parametrize(
    ("name", "capitals", "text"),
    [
        ("house", "00000", "house"),
        ("house", "00100", "house"),
        ("house", "10000", "House"),
        ("house", "11111", "HOUSE"),
        ("night", "11011", "NIGHT"),
        ("night", "?0000", "night"),
        ("a", "1", "A"),
        ("a", "0", "a"),
    ],
)
def test_a_words_case_is_settled_as_a_whole(name, capitals, text):
    tall = range(len(name)) if capitals.count("1") > 2 else [0] if capitals[0] == "1" else []
    assert cased(word_of(name, capitals, tall)) == text


@pytest.mark.parametrize(("tall", "text"), [((), "cow"), ((0,), "Cow"), ((0, 1, 2), "COW")])
def test_height_tells_the_cases_of_letters_that_look_alike(tall, text):
    assert cased(word_of("cow", "???", tall)) == text


def test_height_is_judged_beside_the_other_letters_of_the_line():
    small = word_of("cos", "???")
    assert cased(small) == "cos"
    tiny = [  # as tall as `cos`, and the capitals beside them as well: the line is small
        replace(letter, box=small[0].box) for letter in word_of("halfgarden", "1" * 10, range(10))
    ]
    assert cased(tiny, small) == "HALFGARDEN COS"


def test_a_line_in_capitals_takes_an_unsure_word_along():
    words = [word_of("the", "111", range(3)), word_of("night", "11111", range(5)), word_of("bag", "???", range(3))]
    assert cased(*words) == "THE NIGHT BAG"
    words = [word_of("the", "000"), word_of("night", "00000"), word_of("bag", "???")]
    assert cased(*words) == "the night bag"


def test_all_of_an_alphabets_letters_keep_its_case():
    strip = drawn("-cc--oo--ww-")
    for name in ("upper", "lower"):
        read = transcribe.decode(columns_of("-cc--OO--ww-"), strip, name).text
        assert read == {"upper": "COW", "lower": "cow"}[name]


def test_letters_in_cells_are_one_word_and_words_of_one_letter_are_not():
    def words(*starts):
        scores = np.eye(53, dtype=np.float32)[0]
        return [[ctc.Letter(0, scores, (x, x + 20), (x, 10, 20, 25))] for x in starts]

    assert transcribe.in_cells(words(0, 40, 82, 120))
    assert not transcribe.in_cells(words(0, 40, 120))
    assert not transcribe.in_cells(words(0, 40))
    assert not transcribe.in_cells([*words(0, 40), words(80)[0] * 2])
    assert transcribe.in_cells([*words(0, 40), words(80)[0] + words(120)[0]])  # some as words, evenly and wide
    assert not transcribe.in_cells([*words(0, 22), words(44)[0] + words(66)[0]])  # too close together for cells


def test_a_word_of_capitals_has_no_small_letter_among_them():
    columns = columns_of("-HH-EE-LL-LL-OO-")
    doubtful = np.flatnonzero(columns[:, alphabet.CLASSES.index("L")] > 0.5)[-2:]
    columns[doubtful, alphabet.CLASSES.index("L")], columns[doubtful, alphabet.CLASSES.index("b")] = 0.3, 0.5
    strip = np.zeros((48, 2 * len(columns)), np.uint8)
    assert transcribe.decode(columns, strip).text == "HELLO"
    small = columns_of("-hh-ee-ll-ll-oo-")
    assert case.of_one_case(small, []) is small
