"""Pictures of many letters: words, lines, cases, light, paper, and what is no letter."""

import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from letters import alphabet, compose, language, lines, metrics, pen, writing
from letters.picture import Limits, PictureError


def written(text, kind="canvas", hand=1, seed=0):
    return compose.page(text, pen.draw_hand(hand), kind, seed)


def missed(recognizer, pages, **options):
    """The share of the characters that are read wrong."""
    return metrics.character_error_rate((one.text, recognizer.read(one.picture, **options).text) for one in pages)


@pytest.fixture(scope="module")
def pages():
    """Words and lines by ten hands of the pen model: {kind: pages}."""
    made = compose.pages([pen.draw_hand(i) for i in range(10)], each=8, seed=5)
    return {kind: made["words", kind] for kind in compose.KINDS}


@pytest.mark.parametrize("kind", compose.KINDS)
def test_words_and_lines_are_read(recognizer, pages, kind):
    assert missed(recognizer, pages[kind]) < 0.1
    assert missed(recognizer, pages[kind], language="en") < 0.04


@pytest.mark.parametrize("kind", compose.KINDS)
def test_boxes_lie_around_the_letters(recognizer, pages, kind):
    near = []
    for one in pages[kind]:
        found = np.array([letter.box for letter in recognizer.read(one.picture).letters], float)
        for x, y, width, height in one.boxes:
            right = np.minimum(found[:, 0] + found[:, 2], x + width) - np.maximum(found[:, 0], x)
            bottom = np.minimum(found[:, 1] + found[:, 3], y + height) - np.maximum(found[:, 1], y)
            shared = np.maximum(right, 0) * np.maximum(bottom, 0)
            near.append((shared / (found[:, 2] * found[:, 3] + width * height - shared)).max())
    assert np.mean(np.array(near) > 0.6) > 0.93


def test_the_text_has_the_words_and_lines_of_the_picture(recognizer):
    one = written("MAKE HASTE\nSLOWLY")
    reading = recognizer.read(one.picture)
    assert [len(line) for line in reading.words] == [2, 1]
    assert metrics.edits(one.text, reading.text)[0] <= 2
    assert reading.text == "\n".join(reading.lines)
    assert "".join(letter.letter for letter in reading.letters) == "".join(reading.text.split())


def test_a_bar_as_high_as_small_letters_is_mostly_an_i_without_its_dot(recognizer):
    hand, bar = pen.draw_hand(1), [np.array([[0.5, 0.0], [0.51, 0.5], [0.5, 1.0]], np.float32)]
    hand |= {alphabet.CLASSES.index(name): [bar] for name in "il"}
    read = [recognizer.read(compose.page("mill in line", hand, "canvas", seed).picture).text for seed in range(12)]
    assert "".join(read).count("i") > 15  # of 36, some of which stand as high as an l


def test_the_height_of_letters_tells_their_case(recognizer):
    texts = ["Cows Slow Vows", "swans have cows", "COWS SLOW", "Six Zoos"]
    read = [recognizer.read(written(text, hand=i, seed=i).picture).text for i, text in enumerate(texts)]
    pairs = [(text.replace(" ", ""), answer.replace(" ", "")) for text, answer in zip(texts, read, strict=True)]
    right = [a == b for text, answer in pairs for a, b in zip(text, answer, strict=False)]
    assert np.mean(right) > 0.85, read
    folded = recognizer.read(written(texts[1], hand=1, seed=1).picture, fold=True)
    assert folded.text == read[1].upper()
    assert recognizer.read(written(texts[0]).picture, alphabet="upper").text.isupper()
    assert recognizer.read(written(texts[2]).picture, alphabet="lower").text.islower()


def test_each_letter_has_candidates_that_fit_the_alphabet(recognizer):
    for name in ("any", "upper", "lower"):
        for letter in recognizer.read(written("Hello").picture, name).letters:
            names, chances = zip(*letter.candidates, strict=True)
            assert sorted("".join(names).lower()) == list("abcdefghijklmnopqrstuvwxyz")
            assert list(chances) == sorted(chances, reverse=True) and sum(chances) < 1.001
            assert letter.frame.shape == (28, 28) and letter.letter == names[0]


@pytest.mark.parametrize("angle", [-10, -5, 5, 10])
def test_a_turned_page_is_read(recognizer, angle):
    one = written("TURN AROUND\nTHE PAPER")
    height, width = one.picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 0.8)
    turned = cv2.warpAffine(one.picture, turn, (width, height), borderValue=(255, 255, 255))
    assert metrics.edits(one.text, recognizer.read(turned).text)[0] <= 2


def test_a_page_is_read_at_any_size_light_or_dark_or_transparent(recognizer):
    one = written("ANY SIZE")
    height, width = one.picture.shape[:2]
    for side in (160, 4000):
        scale = side / width
        resized = cv2.resize(one.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        assert metrics.edits(one.text, recognizer.read(resized).text)[0] <= 2, side
    assert metrics.edits(one.text, recognizer.read(255 - one.picture).text)[0] <= 2
    see_through = np.dstack([np.zeros((height, width, 3), np.uint8), 255 - one.picture[..., 0]])
    assert metrics.edits(one.text, recognizer.read(see_through).text)[0] <= 2


def test_a_letter_in_pieces_is_one_and_letters_that_touch_are_two(recognizer):
    hand = pen.draw_hand(3)
    apart = [compose.page("HEIKE TIE", {**hand, **_in_pieces(hand)}, "canvas", seed) for seed in range(4)]
    assert missed(recognizer, apart) < 0.12
    picture = np.full((200, 420), 255, np.uint8)
    for x, letter in ((10, "O"), (128, "U"), (252, "T")):  # side by side, each just in touch with the next
        drawn = writing.draw_strokes(hand["ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter)][0], 0.08, side=130, margin=10)
        part = picture[25 : 25 + drawn.shape[0], x : x + drawn.shape[1]]
        np.minimum(part, 255 - drawn, out=part)
    assert len(recognizer.read(picture).letters) in (2, 3)


def _in_pieces(hand):
    """The hand's E, H and K with their strokes a little apart."""
    e = [[(0, 0), (0, 1)], [(0.08, 0), (0.6, 0)], [(0.08, 0.5), (0.5, 0.5)], [(0.08, 1), (0.6, 1)]]
    h = [[(0, 0), (0, 1)], [(0.08, 0.5), (0.6, 0.5)], [(0.68, 0), (0.68, 1)]]
    k = [[(0, 0), (0, 1)], [(0.6, 0), (0.08, 0.5), (0.62, 1)]]
    return {label: [[np.array(line, np.float32) for line in letter]] for label, letter in ((4, e), (7, h), (10, k))}


def test_rules_frames_and_specks_are_no_letters(recognizer):
    one = written("PLAIN\nPAPER")
    grey = cv2.cvtColor(one.picture, cv2.COLOR_RGB2GRAY)
    rng = np.random.default_rng(1)
    paper, pen_colour = int(np.median(grey)), 255 - int(np.median(grey))
    dusty = grey.copy()
    for x, y in rng.integers(0, np.array(grey.shape[::-1]) - 2, (40, 2)):
        dusty[y : y + 2, x : x + 2] = (paper + pen_colour) // 2
    ruled = grey.copy()
    under = np.zeros(grey.shape, bool)
    under[:: max(20, grey.shape[0] // 8)] = True
    ruled[under & (grey == paper)] = (2 * paper + pen_colour) // 3
    framed = cv2.copyMakeBorder(grey, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=paper)
    cv2.rectangle(framed, (8, 8), (framed.shape[1] - 9, framed.shape[0] - 9), pen_colour, 3)
    for picture in (dusty, ruled, framed):
        assert metrics.edits(one.text, recognizer.read(picture).text)[0] <= 2


@pytest.mark.parametrize("desk", [60, 150])
def test_a_sheet_on_a_desk_in_half_shadow_is_read(recognizer, desk):
    one = written("LYING ON\nTHE DESK", hand=2)
    grey = cv2.cvtColor(one.picture, cv2.COLOR_RGB2GRAY)
    grey = (220 * (grey / 255.0 if np.median(grey) > 128 else 1 - grey / 255.0)).astype(np.uint8)
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 2, 0.9)
    seen = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_AREA, borderValue=desk)
    seen = seen * (1 - 0.45 / (1 + np.exp(np.linspace(12, -12, width))))
    assert metrics.edits(one.text, recognizer.read(seen.astype(np.uint8)).text)[0] <= 2


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(2, 300), (160, 2), (1, 1), (3, 2475)])
def test_strips_of_noise_are_read_without_a_warning(recognizer, shape):
    for seed in range(5):
        noise = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        with contextlib.suppress(PictureError):
            read = recognizer.read(noise).letters
            assert all(0 <= chance <= 1.001 for letter in read for _, chance in letter.candidates)


def test_black_squares_on_the_paper_are_no_letters(recognizer):
    one = written("SQUARED\nPAPER", hand=2)
    grey = cv2.cvtColor(one.picture, cv2.COLOR_RGB2GRAY)
    grey = grey if np.median(grey) > 128 else 255 - grey
    step = grey.shape[0] // 12
    grey[step // 2 :: step] = grey[:, step // 2 :: step] = 20
    assert metrics.edits(one.text, recognizer.read(grey).text)[0] <= 4


def test_a_language_breaks_ties_and_leaves_codes_alone(recognizer):
    hands = [pen.draw_hand(i) for i in range(8)]
    made = compose.pages(hands, each=8, seed=9)
    words = [one for kind in compose.KINDS for one in made["words", kind]]
    codes = [one for kind in compose.KINDS for one in made["random letters", kind]]
    assert missed(recognizer, words, language="en") < 0.6 * missed(recognizer, words)
    assert missed(recognizer, codes, language="en") < missed(recognizer, codes) + 0.05
    with pytest.raises(ValueError, match="language must be one of en"):
        recognizer.read(words[0].picture, language="xx")


@pytest.mark.parametrize("letters", ["", "t", "th", "qu", "zq", "lett", "brontosau"])
def test_a_word_goes_on_or_ends(letters):
    english = language.load("en")
    following = [english.beginning(letters + letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    ends = [english.word(letters)] if letters else []
    assert np.logaddexp.reduce(following + ends) == pytest.approx(english.beginning(letters), abs=2e-3)


def test_words_are_likelier_than_other_letters():
    english, german = language.load("en"), language.load("de")
    assert english.word("house") > english.word("hause") and german.word("hause") > german.word("house")
    assert english.word("table") > english.word("tabel") > english.word("tbael")


@pytest.mark.parametrize("kind", compose.KINDS)
def test_a_sheet_full_of_small_writing_is_read_line_by_line(recognizer, kind):
    hand, rng = pen.draw_hand(8), np.random.default_rng(2)
    written = "\n".join(" ".join(compose.text(hand, rng, 1) for _ in range(3)) for _ in range(12))
    sheet = compose.page(written, hand, kind, seed=4)
    read = recognizer.read(sheet.picture).text
    wrong, characters = metrics.edits(written, read)
    assert characters > 300 and wrong < 0.15 * characters and abs(len(read.split("\n")) - 12) <= 1


def test_more_letters_than_allowed_are_refused(recognizer):
    page = compose.page("THREE WORDS HERE", pen.draw_hand(1), "canvas", seed=2)
    with pytest.raises(PictureError, match="about 14 letters") as error:
        recognizer.read(page.picture, limits=Limits(letters=9))
    assert error.value.code == "too_many_letters"


def test_a_composed_page_is_the_same_for_the_same_seed_and_says_what_it_lacks():
    one, two, other = written("Same", "photo"), written("Same", "photo"), written("Same", "photo", seed=1)
    assert np.array_equal(one.picture, two.picture) and one.picture.shape != other.picture.shape
    assert one.picture.dtype == np.uint8 and one.boxes.shape == (4, 4)
    with pytest.raises(ValueError, match="canvas, scan, photo"):
        written("Same", "fax")
    with pytest.raises(ValueError, match="no letters for"):
        compose.page("AB", {0: pen.draw_hand(1)[0]}, "scan")
    with pytest.raises(ValueError, match="too few letters"):
        compose.text({0: []}, np.random.default_rng(0), 1)


@pytest.mark.parametrize("cell", [1, 5, 16])
def test_a_page_of_a_thousand_specks_or_blocks_gets_an_answer(recognizer, cell):
    rng = np.random.default_rng(cell)
    noise = rng.integers(0, 2, (1500 // cell, 1500 // cell), np.uint8).repeat(cell, 0).repeat(cell, 1) * 255
    with contextlib.suppress(PictureError):
        assert len(recognizer.read(noise).words) <= lines.MOST_CORES


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=90)), st.integers(1, 12))
def test_any_picture_gets_an_answer_or_a_refusal(recognizer, small, scale):
    picture = small.repeat(scale, 0).repeat(scale, 1)
    try:
        reading = recognizer.read(picture)
    except PictureError as error:
        assert error.code == "no_ink"
    else:
        height, width = picture.shape
        assert reading.letters and reading.text.replace("\n", "").replace(" ", "").isalpha()
        for letter in reading.letters:
            x, y, w, h = letter.box
            assert 0 <= x <= x + w <= width + 1 and 0 <= y <= y + h <= height + 1
