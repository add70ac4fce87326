"""The prior: words of a language, in use or rare, words in no list, and letters at random."""

import numpy as np
import pytest

from letters import language

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("en", ("house", "dont", "fishmonger")),
        ("de", ("fur", "strasse", "haus")),
        ("es", ("manana", "casa", "y")),
        ("fr", ("etre", "maison", "a")),
        ("it", ("perche", "casa", "e")),
        ("nl", ("huis", "u", "een")),
        ("pt", ("nao", "coracao", "e")),
    ],
)
def test_each_language_knows_its_words_without_accents(name, words):
    known = language.load(name)
    assert set(words) <= set(known.words)
    for word in words:
        assert known.word(word) > known.word(word[:-1] + "q")
    assert all(word.isascii() and word.isalpha() and word.islower() for word in known.words)


def test_all_words_and_beginnings_add_up():  # all but a little that the model of letters leaves for words without any
    small = language.Language({"an": 5, "and": 9, "bee": 1, "be": 1})
    for letters in ("", "a", "an", "be", "beq", "xyz"):
        follow = [small.beginning(letters + letter) for letter in LETTERS]
        ends = [small.word(letters)] if letters else []
        assert np.logaddexp.reduce(follow + ends) == pytest.approx(small.beginning(letters), abs=2e-3)


def test_words_in_use_are_likelier_than_rare_ones_than_spelt_like_words_than_codes():
    known = language.load("en")
    scores = [known.word(word) for word in ("house", "ungual", "blorting", "qxzvkwpj")]
    assert scores == sorted(scores, reverse=True)
    assert known.word("blorting") > language.code("blorting") + 2


def test_words_as_they_are_read():
    counts = {"für": 3, "Fur": 2, "don't": 4, "a": 1, "s": 9, "x-ray": 5, "Straße": 1, "ñ": 2, "n\u0303ame": 1, "東": 3}
    assert language.as_read(counts, "a") == {"fur": 5, "dont": 4, "a": 1, "strasse": 1, "name": 1}


def test_a_list_without_counts_is_a_dictionary():
    flat = language.Language(dict.fromkeys(["one", "two", "three"], 1))
    assert flat.word("one") == pytest.approx(flat.word("two"), abs=0.5) and flat.word("one") > flat.word("onf")


def test_unknown_languages_are_refused():
    for wrong in (language.load, language.word_list, language.check):
        with pytest.raises(ValueError, match="language must be one of en, de"):
            wrong("xx")
    assert language.check(None) is None
