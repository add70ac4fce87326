"""The drawing pad of the notebooks without a browser: what hands do, and what browsers send."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from letters import alphabet, dataset, stand_in
from letters.game import Game
from letters.recognizer import Prediction
from letters.sketchpad import CRISPNESS, SIDE, Sketchpad


@pytest.fixture
def pad(recognizer):
    return Sketchpad(recognizer=recognizer)


def draw(pad, strokes):
    """Draw strokes of the unit box in the middle of the pad."""
    for stroke in strokes:
        points = 60 + stroke * 160
        pad.pen_down(*points[0])
        for point in points[1:]:
            pad.pen_move(*point)
        pad.pen_up()


def send(pad, event, **content):
    """An event as the front end sends it."""
    pad.canvas._handle_frontend_event(None, {"event": event, **content}, None)


def touches(*points):
    return [{"x": x * CRISPNESS, "y": y * CRISPNESS} for x, y in points]


@pytest.mark.parametrize("letter", "AGKRSagkmz")
def test_a_drawn_letter_is_read_and_shown(pad, strokes_of, letter):
    draw(pad, strokes_of(letter))
    assert pad.prediction.letter == letter.upper()
    assert f">{letter.upper()}</span>" in pad._answer.value and "data:image/png" in pad._answer.value
    assert pad.frame.shape == (28, 28) and pad.frame.max() == 255


def test_it_reads_at_the_end_of_a_stroke_only(pad):
    pad.pen_down(50, 50)
    pad.pen_move(200, 200)
    assert pad.prediction is None
    pad.pen_up()
    assert pad.prediction is not None


def test_undo_and_clear(pad, strokes_of):
    strokes = strokes_of("K")
    draw(pad, strokes)
    assert len(pad.strokes) == len(strokes) > 1
    pad._undo.click()
    assert len(pad.strokes) == len(strokes) - 1
    pad._clear.click()
    assert pad.strokes == [] and pad.prediction is None and pad.frame is None
    pad.undo()  # of nothing
    draw(pad, strokes)
    assert pad.prediction.letter == "K"


def test_undo_in_the_middle_of_a_stroke_takes_back_this_one_only(pad, strokes_of):
    strokes = strokes_of("K")
    draw(pad, strokes)
    pad.pen_down(20, 20)
    pad.undo()
    pad.pen_up()
    assert len(pad.strokes) == len(strokes)


@pytest.mark.parametrize("best, remark", [(0.4, "not sure:<br>maybe O, Q or C"), (0.9, None)])
def test_it_says_when_it_is_not_sure(best, remark):
    class Reader:
        def predict(self, frames, alphabet):
            return [Prediction([("O", best), ("Q", 0.06), ("C", 0.04)])]

    pad = Sketchpad(recognizer=Reader())
    draw(pad, [np.array([[0.2, 0.2], [0.9, 0.9]])])
    assert ("not sure" in pad._answer.value) == (remark is not None)
    assert (remark or "") in pad._answer.value
    assert f">{int(100 * best)} %<" in pad._answer.value


def test_the_alphabet_can_be_changed_afterwards(pad, strokes_of):
    draw(pad, strokes_of("g"))
    pad._alphabet.value = "lower"
    assert pad.prediction.letter == "g"
    assert pad.alphabet == "lower"
    with pytest.raises(ValueError, match="upper, lower, any"):
        Sketchpad("digits")


def test_only_a_wide_pad_reads_more_than_a_to_z(recognizer):
    with pytest.raises(ValueError, match="needs words=True"):
        Sketchpad("text", recognizer)
    offered = [[name for _, name in Sketchpad(recognizer=recognizer, words=wide)._alphabet.options] for wide in (0, 1)]
    assert offered == [["upper", "lower", "any"], ["upper", "lower", "any", "latin", "text"]]
    assert Sketchpad("latin", recognizer, words=True).alphabet == "latin"


def test_the_mouse_draws_while_its_button_is_down(pad):
    send(pad, "mouse_move", x=10, y=10)
    assert pad._stroke is None
    send(pad, "mouse_down", x=100, y=100)
    send(pad, "mouse_move", x=300, y=120)
    send(pad, "mouse_up", x=300, y=120)
    send(pad, "mouse_move", x=10, y=10)
    assert np.allclose(pad.strokes, [[[50, 50], [150, 60]]])


def test_a_stroke_ends_where_the_mouse_leaves_the_pad(pad):
    send(pad, "mouse_down", x=100, y=100)
    send(pad, "mouse_out", x=-5, y=100)
    send(pad, "mouse_move", x=200, y=200)
    send(pad, "mouse_up", x=200, y=200)
    assert len(pad.strokes) == 1


@pytest.mark.parametrize("end", ["touch_end", "touch_cancel"])
def test_a_finger_draws_and_a_second_one_is_ignored(pad, end):
    send(pad, "touch_start", touches=touches((20, 30)))
    send(pad, "touch_start", touches=touches((20, 30), (90, 90)))
    send(pad, "touch_move", touches=touches((60, 80), (95, 95)))
    send(pad, end, touches=[])
    assert np.allclose(pad.strokes, [[[20, 30], [60, 80]]])


def press(pad, *keys):
    for key in keys:
        send(pad, "key_down", key=key, shift_key=False, ctrl_key=False, meta_key=False)


KEYS = {
    "L": ["ArrowLeft"] * 5 + ["ArrowUp"] * 8 + [" "] + ["ArrowDown"] * 16 + ["ArrowRight"] * 9 + [" "],
    "T": ["ArrowLeft"] * 6
    + ["ArrowUp"] * 8
    + [" "]
    + ["ArrowRight"] * 12
    + [" "]
    + ["ArrowLeft"] * 6
    + [" "]
    + ["ArrowDown"] * 16
    + [" "],
    "V": ["ArrowLeft"] * 7
    + ["ArrowUp"] * 7
    + [" "]
    + ["ArrowDown", "ArrowDown", "ArrowRight"] * 7
    + ["ArrowUp", "ArrowUp", "ArrowRight"] * 7
    + [" "],
}


@pytest.mark.parametrize("letter", KEYS)
def test_a_letter_can_be_drawn_with_the_keyboard(pad, letter):
    press(pad, *KEYS[letter])
    assert pad.prediction.letter == letter and not pad.prediction.unsure


def test_keys_take_back_and_others_do_nothing(pad):
    press(pad, "x", "Shift", "Enter")
    assert pad._at is None
    press(pad, *KEYS["T"], "Backspace")
    assert len(pad.strokes) == 1
    press(pad, " ", "ArrowDown", "Backspace", " ", " ")  # a stroke that is taken back, then a dot
    assert len(pad.strokes) == 2
    press(pad, "Escape")
    assert pad.strokes == []
    press(pad, *["ArrowLeft"] * 99, " ", " ")
    assert pad.strokes[0][0, 0] == 0
    send(pad, "mouse_down", x=50, y=50)
    assert pad._at is None


def test_the_tab_key_leaves_the_pad(pad, monkeypatch):
    focused = []
    monkeypatch.setattr(type(pad._undo), "focus", lambda button: focused.append(button))
    press(pad, "Tab")
    assert focused == [pad._undo] and not pad._undo.disabled


def test_a_dot_is_a_stroke_even_where_the_hand_trembles(pad):
    pad.pen_down(140, 80)
    pad.pen_move(140.4, 80.2)
    pad.pen_up()
    assert [stroke.shape for stroke in pad.strokes] == [(1, 2)]
    draw(pad, [np.array([[0.5, 0.3], [0.5, 1.0]])])
    pad._alphabet.value = "lower"
    assert pad.prediction.letter == "i"


def test_points_off_the_pad_are_kept_on_its_edge_and_what_is_no_point_is_refused(pad):
    pad.pen_down(-10, 20)
    pad.pen_move(SIDE + 50, 1e9)
    pad.pen_up()
    assert np.allclose(pad.strokes, [[[0, 20], [SIDE, SIDE]]])
    with pytest.raises(ValueError, match="finite"):
        pad.pen_down(float("nan"), 3)
    assert pad._stroke is None


def test_a_word_is_read_from_a_wide_pad(recognizer, strokes_of):
    pad = Sketchpad(recognizer=recognizer, words=True)
    assert pad.text == "" and "some words" in pad._answer.value
    for i, letter in enumerate("BRAVE"):
        for stroke in strokes_of(letter, seed=1):
            points = stroke * 100 + (40 + 110 * i, 80)
            pad.pen_down(*points[0])
            for point in points[1:]:
                pad.pen_move(*point)
            pad.pen_up()
    read = pad.text.replace(" ", "")
    assert sum(a == b for a, b in zip(read, "BRAVE", strict=False)) >= 4 and len(pad.reading.letters) == len(read)
    assert f">{pad.text}</div>" in pad._answer.value
    assert pad._answer.value.count("data:image/png") == len(read)
    assert pad.picture().shape[1] > 2 * pad.picture().shape[0]
    pad.clear()
    assert pad.text == "" and pad.reading is None


def test_a_corrected_letter_is_kept_under_its_right_name(tmp_path, recognizer, strokes_of):
    path = tmp_path / "new folder" / "corrections.csv"
    pad = Sketchpad(recognizer=recognizer, corrections=path)
    assert pad._keep.disabled
    frames = []
    for letter in "Rk":
        draw(pad, strokes_of(letter))
        frames.append(pad.frame)
        pad._right.value = letter
        pad._keep.click()
        assert f"kept as {letter}" in pad._kept.value and pad._right.value == ""
        pad.clear()
    kept, labels = dataset.images(dataset.load(path))
    assert np.array_equal(kept, frames) and [alphabet.CLASSES[label] for label in labels] == ["R", "k"]


@pytest.mark.parametrize("name", ["", "RR", "7", "é"])
def test_what_is_no_letter_is_not_kept(tmp_path, recognizer, strokes_of, name):
    pad = Sketchpad(recognizer=recognizer, corrections=tmp_path / "corrections.csv")
    draw(pad, strokes_of("R"))
    pad._right.value = name
    pad._keep.click()
    assert "give one from A to Z" in pad._kept.value and pad._right.value == name
    with pytest.raises(ValueError, match="draw one on a pad for one letter"):
        Sketchpad(recognizer=recognizer, corrections=tmp_path / "corrections.csv").keep("R")
    assert list(tmp_path.iterdir()) == []


def test_the_game_counts_letters_and_seconds(recognizer, strokes_of):
    now = iter(np.arange(0, 60, 2.0))
    game = Game(letters=3, seed=0, recognizer=recognizer, clock=lambda: next(now))
    first, wrong = game.asked, "O" if game.asked != "O" else "W"
    assert f">{first}</b>" in game._head.value
    draw(game.pad, strokes_of(wrong))
    assert game.asked == first and game.rounds == []
    game.pad.clear()
    draw(game.pad, strokes_of(first))
    assert game.asked != first and game.pad.strokes == [] and game.score == 1
    skipped = game.asked
    game._skip.click()
    last = game.asked
    draw(game.pad, strokes_of(last))
    assert game.asked is None and [letter for letter, _ in game.rounds] == [first, skipped, last]
    assert game.rounds[1][1] is None and all(game.rounds[i][1] > 0 for i in (0, 2))
    assert "2 of 3" in game._head.value and game._skip.disabled
    draw(game.pad, strokes_of("A"))  # after the end nothing counts
    game.skip()
    assert len(game.rounds) == 3 and game.score == 2


def test_a_stroke_soon_after_a_letter_has_counted_belongs_to_that_letter():
    class Certain:
        letter = ""

        def predict(self, frames, alphabet):
            return [Prediction([(self.letter, 0.99), ("Q", 0.005), ("O", 0.005)])]

    recognizer, times = Certain(), iter([])
    game = Game(letters=3, seed=0, recognizer=recognizer, clock=lambda: next(times))
    stroke = [np.array([[0.2, 0.5], [0.8, 0.5]], np.float32)]
    recognizer.letter = game.asked
    times = iter([10, 10, 12, 12])  # begins, is seen, counts, the next letter is asked for
    draw(game.pad, stroke)
    recognizer.letter = second = game.asked
    times = iter([12.3])
    draw(game.pad, stroke)  # the bar of an A that was read without it
    assert game.asked == second and game.score == 1 and game.pad.strokes == []
    times = iter([13, 14, 14])
    draw(game.pad, stroke)
    assert game.asked != second and game.score == 2


def test_a_game_without_a_point_ends_kindly_and_each_seed_has_its_order():
    def order(seed):
        game = Game(letters=30, alphabet="lower", seed=seed)
        while game.asked:
            game.skip()
        assert "None of 30" in game._head.value
        return [letter for letter, _ in game.rounds]

    assert order(1) == order(1) != order(2) and set(order(1)) == set(alphabet.ALPHABETS["lower"])


@pytest.mark.parametrize("make", [Sketchpad, Game])
def test_a_picture_and_a_sentence_stand_in_for_the_widget(recognizer, monkeypatch, make):
    shown = []
    monkeypatch.setattr(stand_in, "display", lambda data, raw: shown.append(data))
    drawing = make(recognizer=recognizer)
    drawing.show()
    (data,) = shown
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == drawing.widget.model_id
    assert "Run this cell" in data["text/plain"]
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.mode == "RGBA" and picture.width > SIDE < picture.height


@pytest.mark.parametrize("options", [{}, {"alphabet": "lower"}, {"words": True, "language": "en"}])
def test_the_picture_of_an_empty_pad_has_an_example_that_is_read_rightly(recognizer, monkeypatch, options):
    pad = Sketchpad(recognizer=recognizer, **options)
    read = []
    monkeypatch.setattr(stand_in, "letter_pad", lambda paper, prediction, caption: read.append(prediction.letter))
    monkeypatch.setattr(stand_in, "word_pad", lambda paper, text, caption: read.append(text))
    pad.snapshot()
    assert read == ["HELLO" if options.get("words") else "g" if "alphabet" in options else "G"]
    assert pad.strokes == [] and pad.prediction is None


def test_the_picture_of_a_pad_shows_what_is_drawn_on_it(pad, strokes_of):
    empty = pad.snapshot()
    draw(pad, strokes_of("K"))
    drawn = pad.snapshot()
    paper = drawn[1 : SIDE - 1, 1 : SIDE - 1]
    assert np.abs(paper[..., 0].astype(int) - pad.picture()[2:-2:2, 2:-2:2]).mean() < 5
    assert drawn[-1, -1, 3] == 0 and not np.array_equal(empty, drawn)
