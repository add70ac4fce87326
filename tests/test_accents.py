"""Letters with marks, digits and signs: from made-up columns to text, without any network."""

import numpy as np
import pytest
from test_transcribe import columns_of, drawn, with_marks

from letters import alphabet, characters, ctc, language, transcribe


def read(names, marks="", alphabet="text", known=None, sure=0.97):
    return transcribe.decode(columns_of(names, sure, marks), drawn(names), alphabet, known)


@pytest.fixture(scope="module")
def french():
    return language.load("fr")


@pytest.mark.parametrize("character", "éÉñüçøŁåžąÿœßÆ")
def test_a_character_is_its_base_letter_and_its_mark(character):
    base, mark = characters.decompose(character)
    assert (characters.compose(base, mark) if mark else base) == character
    assert (base in characters.LIGATURES) == (mark == 0)


@pytest.mark.parametrize(
    ("character", "plain"), [("’", "'"), ("–", "-"), ("“", '"'), ("a", "a"), ("?", "?"), ("ж", "ж")]
)
def test_typographic_signs_are_the_plain_ones_and_others_stay(character, plain):
    assert characters.decompose(character) == (plain, 0)


def test_letters_have_marks_that_languages_write():
    assert {characters.compose("e", mark) for mark in characters.marks_of("e")} >= set("eéèêëěę")
    assert characters.marks_of("q") == (0,) and characters.compose("q", 1) == ""


def test_every_class_has_a_character_and_every_symbol_a_class():
    for name in [*alphabet.CLASSES, " ", *characters.EXTRA]:
        assert ctc.class_of(name) not in (ctc.OTHER, ctc.BLANK)
        assert ctc.symbol(ctc.class_of(name)) == name.lower() and name.lower() in ctc.FOLDED
    assert ctc.class_of("ж") == ctc.OTHER
    for label in (ctc.OTHER, ctc.BLANK):
        with pytest.raises(ValueError, match="no symbol"):
            ctc.symbol(label)


@pytest.mark.parametrize(
    ("name", "text"),
    [("any", "cafe s"), ("upper", "CAFE S"), ("lower", "cafe s"), ("latin", "café ß"), ("text", "café 12ß!")],
)
def test_each_alphabet_has_its_characters(name, text):
    assert read("cc-aa-ff-ee--   --1111--2222-ßß-!!-", "cc-aa-ff-éé", name).text == text


@pytest.mark.parametrize("name", ["any", "latin"])
def test_digits_and_signs_are_no_letters_where_they_are_in_no_alphabet(name):
    assert read("-333333--88888-", alphabet=name).text == ""
    assert read("-h-iiii--3333--5555-", alphabet=name).text == "hi"


def mixed(*characters):
    """Columns of a word whose characters are each of a dictionary {name: probability}, with blanks between them."""
    columns = np.zeros((2 * len(characters) + 1, ctc.COLUMN_CLASSES), np.float32)
    columns[::2, ctc.BLANK] = 1
    for column, known in zip(columns[1::2], characters, strict=True):
        for name, share in known.items():
            column[ctc.class_of(name)] = share
    return with_marks(columns)


@pytest.mark.parametrize(
    ("characters", "text"),
    [
        (({"O": 0.6, "0": 0.4}, {"7": 1}, {"S": 0.6, "5": 0.4}, {"4": 1}), "0754"),
        (({"R": 1}, {"0": 0.6, "O": 0.4}, {"0": 0.6, "O": 0.4}, {"M": 1}), "ROOM"),
        (({"O": 0.7, "0": 0.3}, {"T": 0.7, "7": 0.3}, {"S": 0.7, "5": 0.3}, {"H": 0.7, "4": 0.3}), "0754"),
        (({"O": 0.97, "0": 0.03}, {"T": 0.97, "7": 0.03}, {"S": 0.97, "5": 0.03}, {"H": 0.97, "4": 0.03}), "OTSH"),
        (({"1": 0.95, "I": 0.05}, {"2": 0.9, "Z": 0.1}, {"B": 0.97, "8": 0.03}), "12B"),
        (({"I": 0.6, "1": 0.4},), "I"),
    ],
)
def test_neighbors_tell_digits_from_letters_that_look_like_them(characters, text):
    columns = mixed(*characters)
    assert transcribe.decode(columns, drawn("-" * len(columns)), "text").text.upper() == text


def test_numbers_of_a_line_speak_for_those_that_could_be_words():
    unsure = ({"S": 0.85, "5": 0.15}, {"I": 0.85, "1": 0.15})
    sure = [{name: 1.0} for name in "4738"]
    alone, beside = mixed(*unsure), np.vstack([mixed(*sure), columns_of("   "), mixed(*unsure)])
    assert transcribe.decode(alone, drawn("-" * len(alone)), "text").text.upper() == "SI"
    assert transcribe.decode(beside, drawn("-" * len(beside)), "text").text == "4738 51"


def test_digits_have_no_case_and_leave_that_of_letters():
    assert read("-RR-OO-OO-MM-  -11-22-BB-").text == "ROOM 12B"
    assert read("-rr-oo-oo-mm-  -11-22-bb-").text == "room 12b"


def test_marks_keep_their_letter_and_have_probabilities():
    (letter,) = read("-ee-", "-éé-").letters
    assert letter.name.lower() == "é" and abs(letter.marks.sum() - 1) < 1e-5 and letter.marks[1] > 0.9


def test_a_mark_that_no_letter_has_is_left_out():
    assert read("-qq-aa-", "-éé-aa-").text == "qa"


def test_a_language_chooses_the_marks_of_a_word(french):
    unsure = read("-cc-aa-ff-ee-", known=french)
    assert unsure.text == "cafe"  # it saw none, surely
    columns = columns_of("-cc-aa-ff-ee-")
    marks = columns[:, ctc.COLUMN_CLASSES :]
    marks[-4:] = 0.0
    marks[-4:, :3] = 0.64, 0.18, 0.18  # none, acute or grave: it can hardly tell, as marks are likelier than it expects
    assert transcribe.decode(columns, drawn("-cc-aa-ff-ee-"), "latin").text == "cafe"
    assert transcribe.decode(columns, drawn("-cc-aa-ff-ee-"), "latin", french).text == "café"


def test_a_word_of_no_language_keeps_the_marks_that_were_seen(french):
    assert read("-xx-ee-kk-oo-", "-xx-éé-kk-oo-", known=french).text.lower() == "xéko"


def test_a_language_knows_its_spellings_and_its_letters_with_marks(french):
    (likeliest, *_) = sorted(french.spellings("cafe").items(), key=lambda one: -one[1])
    assert likeliest[0] == (0, 0, 0, 1)
    assert set("éèêàçû") <= french.marked and not french.marked & set("őşå")
    assert french.spellings("zzz") == {} == language.load("en").spellings("house")
    assert "ß" not in language.plainly("straße") and language.plainly("cœur") == "coeur"


def test_numbers_in_a_language_stay_numbers(french):
    assert read("-22-00-22-66-", known=french).text == "2026"
    assert read("-ll-'-ee-tt-ee-", "-ll-'-éé-tt-éé-", known=french).text == "l'été"


@pytest.mark.parametrize("name", ["upper", "lower", "any", "latin", "text"])
def test_noise_is_read_in_every_alphabet(name):
    rng = np.random.default_rng(3)
    strip = rng.integers(0, 255, (48, 120)).astype(np.uint8)
    classes = rng.dirichlet(np.full(ctc.COLUMN_CLASSES, 0.05), 60).astype(np.float32)
    marks = rng.dirichlet(np.full(len(characters.MARKS), 0.5), 60).astype(np.float32)
    found = transcribe.decode(np.hstack([classes, marks]), strip, name)
    allowed = {"upper": alphabet.CLASSES[:26], "lower": alphabet.CLASSES[26:], "any": alphabet.CLASSES}
    if name in allowed:
        assert set(found.text) <= set(allowed[name]) | {" "}
    assert len(found.text) > 3
