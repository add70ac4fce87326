"""Composed pages: letters stand apart, touch, or are joined, and the truth about them is kept."""

import cv2
import numpy as np
import pytest

from letters import alphabet, compose, pen


def gaps(spacing, text="nominal unicorn", seeds=range(6)):
    """Horizontal gaps between the boxes of letters that follow each other in a word, in heights of the line."""
    found = []
    for seed in seeds:
        page = compose.page(text, pen.draw_hand(seed), "canvas", seed, spacing)
        letters = [char for char in text if char != " "]
        ends = np.cumsum([len(word) for word in text.split()])[:-1]
        height = max(box[3] for box, char in zip(page.boxes, letters, strict=True) if char in "ldi")
        between = page.boxes[1:, 0] - (page.boxes[:-1, 0] + page.boxes[:-1, 2])
        found.append(np.delete(between, ends - 1) / height)
    return np.concatenate(found)


def components(spacing, text, seed):
    """In how many pieces the ink of a page is."""
    picture = compose.page(text, pen.draw_hand(seed), "canvas", seed, spacing).picture[..., 0]
    paper = np.median(picture)
    return cv2.connectedComponents((np.abs(picture - paper) > 100).astype(np.uint8))[0] - 1


def test_letters_stand_apart_or_close_as_asked():
    apart, touching, joined = (gaps(spacing) for spacing in compose.SPACINGS)
    assert apart.min() > 0.02 and apart.mean() > 0.12
    assert -0.13 < touching.min() < 0 < touching.max() < 0.1
    assert joined.min() > -0.02 and joined.mean() < apart.mean()


def test_joined_letters_of_a_word_are_one_piece_and_capitals_are_not_joined_to_each_other():
    words = [(components("apart", "cocoon", seed), components("joined", "cocoon", seed)) for seed in range(8)]
    assert sum(joined for _, joined in words) <= 8 + 2 < sum(apart for apart, _ in words)
    assert components("joined", "COL", 1) == 3


def test_a_join_leads_from_one_letter_to_the_next():
    left, right = ([np.array([[x, -0.5], [x + 0.3, 0.0]], np.float32)] for x in (0.0, 1.0))
    join = compose._join(left, right, base=0.0, x_height=0.6)
    assert np.allclose(join[0], left[0][1]) and np.allclose(join[-1], right[0][0])
    assert (np.diff(join[:, 0]) > 0).all()


def test_the_boxes_are_those_of_the_letters_whatever_joins_them():
    page = compose.page("linen", pen.draw_hand(2), "scan", 2, "joined")
    assert len(page.boxes) == 5 and (np.diff(page.boxes[:, 0]) > 0).all()


def test_a_page_is_the_same_for_the_same_seed_and_spacing():
    def make(spacing):
        return compose.page("many words", pen.draw_hand(1), "scan", 4, spacing).picture.tobytes()

    assert make("joined") == make("joined")
    assert len({make(spacing) for spacing in (None, *compose.SPACINGS)}) == 4


def test_an_unknown_kind_spacing_or_letter_is_refused():
    hand = pen.draw_hand(1)
    with pytest.raises(ValueError, match="kind must be one of canvas, scan, photo, not 'film'"):
        compose.page("A", hand, "film")
    with pytest.raises(ValueError, match="spacing must be one of apart, touching, joined, or None, not 'loose'"):
        compose.page("A", hand, "scan", spacing="loose")
    with pytest.raises(ValueError, match="no letters for 'A B'"):
        compose.page("A B", {0: hand[0]}, "scan")


def test_a_text_is_made_of_the_words_given():
    words = ("zugzwang", "quagga", "oxlip", "tilth", "whelk", "xebec", "yaffle", "vug", "umbel", "trivet")
    rng = np.random.default_rng(0)
    for case, change in (("lower", str.lower), ("upper", str.upper), ("title", str.title)):
        text = compose.text(pen.draw_hand(0), rng, lines=3, case=case, words=words)
        assert text.count("\n") == 2 and set(text.split()) <= set(map(change, words))
    with pytest.raises(ValueError, match="too few letters"):
        compose.text({0: pen.draw_hand(0)[0]}, rng, lines=1, words=words)


def test_all_kinds_of_pages_have_the_same_texts():
    made = compose.pages([pen.draw_hand(i) for i in range(2)], each=3, seed=1)
    assert set(made) == {(text, kind) for text in ("words", "random letters") for kind in compose.KINDS}
    for text in ("words", "random letters"):
        texts = [[page.text for page in made[text, kind]] for kind in compose.KINDS]
        assert texts[0] == texts[1] == texts[2] and len(texts[0]) == 3
    assert all(char in alphabet.CLASSES + " \n" for pages in made.values() for page in pages for char in page.text)


def test_characters_beyond_a_to_z_stand_as_the_hand_has_them():
    e = np.array([(0.0, -0.58), (0.4, 0.0)], np.float32)
    hand = {alphabet.CLASSES.index("e"): [[e]], "é": [[e, np.array([(0.1, -0.7), (0.3, -0.9)], np.float32)]]}
    assert compose.can_write(hand, "eé e") and not compose.can_write(hand, "eè")
    page = compose.page("eéee", hand, "canvas", seed=2)
    tops, feet = page.boxes[:, 1], page.boxes[:, 1] + page.boxes[:, 3]
    assert tops[1] < tops[[0, 2, 3]].min() - 10 and np.ptp(feet) < 25  # px; the mark stands above, all on one line
    with pytest.raises(ValueError, match="no letters for"):
        compose.page("eè", hand, "canvas")
