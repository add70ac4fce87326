"""A pad to draw a letter or a word on, in a notebook: `Sketchpad().show()`, `Sketchpad(words=True).show()`.

The strokes live in Python: the browser only sends where the pen is. After each finished stroke they are rendered,
read, and the answer is shown beside the pad.
"""

import base64
from collections.abc import Callable
from pathlib import Path

import cv2
import ipywidgets as widgets
import numpy as np
from ipycanvas import Canvas, hold_canvas

from letters import alphabet as alphabets
from letters import dataset, pen, stand_in, writing
from letters.recognizer import Prediction, Reading, Recognizer

SIDE = 280  # px of the pad on the screen
WIDE = 680  # px of the width of a pad for words
CRISPNESS = 2  # pixels of the pad for each of the screen: screens have up to two, and strokes are recorded as finely
PEN = 16  # px of the screen, for one letter
THIN_PEN = 8  # for words
INK = "#1d1f26"
STEP = 10  # px that an arrow key moves the pen
WAYS = {"ArrowLeft": (-STEP, 0), "ArrowRight": (STEP, 0), "ArrowUp": (0, -STEP), "ArrowDown": (0, STEP)}
BEST = 3  # candidates shown
EXAMPLES = "G", "HELLO"  # what stands on the picture of an empty pad: on one for a letter, on one for words
EXAMPLE_HAND = 15  # of the pen model, a clear one
CORRECTIONS = dataset.DATA / "corrections.csv"

ALPHABETS = {  # as the buttons beside the pad show and explain them
    "upper": ("ABC", "Capitals"),
    "lower": ("abc", "Small letters"),
    "any": ("Aa", "Either: a small letter on its own is named by its capital"),
    "latin": ("Aé", "Letters with accents, too"),
    "text": ("A1!", "Letters, digits and punctuation"),
}


class Sketchpad:
    """A pad that reads what is drawn on it, for mouse, touch and pen, and for the keyboard (`press`).

    alphabet: what is read, as `Recognizer.read` takes it (A to Z, of a pad for one letter); can be changed beside it.
    recognizer: the shipped one by default. words: whether the pad is wide and reads all that is written on it, not one
    letter. language: for words, as in `Recognizer.read`. corrections: the CSV that `keep` adds to. on_write: called
    whenever a stroke begins. on_read: called with the pad whenever it was read, or cleared. `pen_down`, `pen_move` and
    `pen_up` draw as a hand does.
    """

    def __init__(
        self,
        alphabet: str = "any",
        recognizer: Recognizer | None = None,
        words: bool = False,
        language: str | None = None,
        corrections: str | Path = CORRECTIONS,
        on_read: Callable[["Sketchpad"], None] | None = None,
        on_write: Callable[[], None] | None = None,
    ) -> None:
        alphabets.check(alphabet)
        if alphabet in alphabets.WIDER and not words:
            raise ValueError(f"a pad for one letter reads A to Z: {alphabet!r} needs words=True")
        self.words, self.language = words, language
        self._pen = THIN_PEN if words else PEN
        self._width = WIDE if words else SIDE
        self.strokes: list[np.ndarray] = []  # finished ones, float32 (n, 2) each: x right, y down, in px of the screen
        self.frame: np.ndarray | None = None  # uint8 (28, 28): what the network sees, None while the pad is empty
        self.prediction: Prediction | None = None  # of the first letter, None while the pad is empty
        self.reading: Reading | None = None  # of a pad for words, None while it is empty
        self._stroke: list[tuple[float, float]] | None = None  # points of the stroke that is being drawn
        self._at: tuple[float, float] | None = None  # where the keyboard has the pen, None while it is not used
        self._recognizer = recognizer or Recognizer.load()
        self._corrections, self._on_read, self._on_write = Path(corrections), on_read, on_write
        self._build(alphabet)
        self._read()

    def show(self) -> None:
        """Show the pad as the output of a cell, or a picture of it where widgets do not run."""
        stand_in.show(self.widget, self.snapshot(), "A drawing pad. Run this cell to draw on it.")

    @property
    def alphabet(self) -> str:
        return self._alphabet.value

    @property
    def text(self) -> str:
        """What is read, "" while the pad is empty."""
        if self.reading:
            return self.reading.text
        return self.prediction.letter if self.prediction else ""

    # ------------------------------------------------------------------------------------------- drawing

    def pen_down(self, x: float, y: float) -> None:
        """Begin a stroke at a point of the pad, in px of the screen. A point off the pad counts as its nearest edge.

        Raises ValueError unless both numbers are finite.
        """
        if self._stroke is None:
            self._stroke = [self._on_pad(x, y)]
            self._draw([self._stroke])
            if self._on_write:
                self._on_write()

    def pen_move(self, x: float, y: float) -> None:
        """Continue the stroke to a point. Nothing happens while the pen is up."""
        if self._stroke is not None:
            self._stroke.append(self._on_pad(x, y))
            self._draw([self._stroke[-2:]])

    def pen_up(self) -> None:
        """End the stroke, and read what is drawn. Nothing happens while the pen is up."""
        if self._stroke is not None:
            stroke = np.array(self._stroke, np.float32)
            still = np.ptp(stroke, axis=0).max() < self._pen / 4  # a hand is never perfectly still: this is a dot
            self.strokes.append(stroke[:1] if still else stroke)
            self._stroke = None
            self._read()

    def press(self, key: str) -> None:
        """What a key does, by the name that browsers give it: arrows move the pen, from the middle of the pad, space
        puts it down or lifts it, Backspace takes the last stroke back, Escape all, Tab goes on to the buttons."""
        if key == "Tab":
            self._undo.focus()  # the canvas keeps every key from the browser, so keyboard users could not leave it
        if key not in (*WAYS, " ", "Backspace", "Escape"):
            return
        x, y = self._at or (self._width / 2, SIDE / 2)
        if key in WAYS:
            x, y = self._on_pad(x + WAYS[key][0], y + WAYS[key][1])
            self.pen_move(x, y)
        elif key == "Backspace":
            self.undo()
        elif key == "Escape":
            self.clear()
        elif self._stroke is None:
            self.pen_down(x, y)
        else:
            self.pen_up()
        self._at = x, y
        self._redraw()

    def undo(self) -> None:
        """Take back the last stroke, or the one that is being drawn."""
        if self._stroke is None:
            del self.strokes[-1:]
        self._stroke = None
        self._redraw()
        self._read()

    def clear(self) -> None:
        """Take back all strokes."""
        self._stroke = None
        self.strokes.clear()
        self._redraw()
        self._read()

    def keep(self, letter: str) -> None:
        """Add what is on a pad for one letter, under its right name, to the CSV of corrections.

        Raises ValueError for a name that is not a letter, and where nothing is on the pad.
        """
        if len(letter) != 1 or letter not in alphabets.CLASSES:
            raise ValueError(f"{letter!r} is no letter; give one from A to Z or from a to z")
        if self.words or self.frame is None:
            raise ValueError("there is no letter to keep; draw one on a pad for one letter first")
        dataset.append_csv(self.frame[None], [alphabets.CLASSES.index(letter)], self._corrections)

    def _on_pad(self, x, y):
        if not (np.isfinite(x) and np.isfinite(y)):
            raise ValueError(f"a point must be two finite numbers, not ({x}, {y})")
        return min(max(float(x), 0), self._width), min(max(float(y), 0), SIDE)

    def _redraw(self):
        with hold_canvas():
            self._blank()
            self._draw(self.strokes if self._stroke is None else [*self.strokes, self._stroke])
            if self._at:
                self._show_pen()

    def _show_pen(self):
        x, y = (CRISPNESS * value for value in self._at)
        self.canvas.fill_style = "#d55e00" if self._stroke else "#0072b2"
        self.canvas.fill_circle(x, y, CRISPNESS * self._pen / 3)
        self.canvas.fill_style = INK

    def _blank(self):
        self.canvas.fill_style = "white"
        self.canvas.fill_rect(0, 0, self.canvas.width, self.canvas.height)
        self.canvas.fill_style = self.canvas.stroke_style = INK
        self.canvas.line_width = self._pen * CRISPNESS
        self.canvas.line_cap = self.canvas.line_join = "round"

    def _draw(self, strokes):
        for stroke in strokes:
            points = np.asarray(stroke) * CRISPNESS
            if len(points) == 1:
                self.canvas.fill_circle(*map(float, points[0]), self._pen * CRISPNESS / 2)
            else:
                self.canvas.stroke_lines(points)

    # ------------------------------------------------------------------------------------------- reading

    def _read(self, *_):
        self.frame = self.prediction = self.reading = None
        if self.strokes:
            self.frame, self.prediction, self.reading = self._interpret(self.strokes)
        if self.reading and len(self.reading.letters) > 1:
            self._answer.value = _text_as_html(self.reading)
        else:
            self._answer.value = _as_html(self.prediction, self.frame, "some words" if self.words else "one letter")
        self._keep.disabled = self.frame is None
        self._kept.value = ""
        if self._on_read:
            self._on_read(self)

    def _interpret(self, strokes):
        if self.words:
            picture = _paper(strokes, self._width, self._pen, CRISPNESS)
            reading = self._recognizer.read(picture, self.alphabet, self.language)
            return reading.letters[0].frame, reading.letters[0], reading
        frame = writing.frame_of_strokes(strokes)
        (prediction,) = self._recognizer.predict(frame[None], self.alphabet)
        return frame, prediction, None

    def picture(self) -> np.ndarray:
        """The pad as a picture, uint8 (H, W), black on white."""
        return _paper(self.strokes, self._width, self._pen, CRISPNESS)

    def snapshot(self) -> np.ndarray:
        """The pad with its answer, uint8 (H, W, 4) RGBA. On an empty pad there is an example."""
        strokes, caption = self.strokes, ""
        if not strokes:
            word = EXAMPLES[self.words].lower() if self.alphabet == "lower" else EXAMPLES[self.words]
            strokes, caption = _example(word, self._width), "An example: run this cell to draw here."
        paper = _paper(strokes, self._width, self._pen, 1)
        _, prediction, reading = self._interpret(strokes)
        if reading is not None:
            return stand_in.word_pad(paper, reading.text, caption)
        return stand_in.letter_pad(paper, prediction, caption)

    # ------------------------------------------------------------------------------------------- widgets

    def _build(self, alphabet):
        layout = {"width": f"{self._width}px", "height": f"{SIDE}px"}
        self.canvas = Canvas(width=self._width * CRISPNESS, height=SIDE * CRISPNESS, layout=layout)
        self.canvas.layout.border = "1px solid #8d8778"
        self._blank()
        self._listen()

        self._undo = _button("Undo", "undo", "Take back the last stroke", self.undo)
        self._clear = _button("Clear", "trash", "Take back all strokes", self.clear)
        self._alphabet = widgets.ToggleButtons(
            options=[
                (short, name) for name, (short, _) in ALPHABETS.items() if self.words or name not in alphabets.WIDER
            ],
            value=alphabet,
            tooltips=[told for name, (_, told) in ALPHABETS.items() if self.words or name not in alphabets.WIDER],
            style={"button_width": "52px"},
            layout={"margin": "2px 0 0 0"},
        )
        self._alphabet.observe(self._read, "value")
        self._answer = widgets.HTML(layout={"margin": "0 0 0 24px"})
        controls = widgets.HBox([self._undo, self._clear], layout={"margin": "6px 0 0 0"})
        self._right = widgets.Text(placeholder="A", tooltip="The right letter", layout={"width": "48px"})
        self._keep = _button("Keep", "check", "Keep the letter under this name", self._keep_right)
        self._keep.layout.width = "84px"
        self._kept = widgets.HTML()
        correction = widgets.HBox([widgets.Label("Wrong? It is"), self._right, self._keep, self._kept])
        pad = widgets.VBox([self.canvas, controls, self._alphabet, *([] if self.words else [correction])])
        self.widget = widgets.HBox([pad, self._answer], layout={"flex_flow": "row wrap", "padding": "4px"})

    def _keep_right(self):
        try:
            self.keep(self._right.value)
        except ValueError as error:
            self._kept.value = f'<span style="color:{_SOFT}">{error}</span>'
        else:
            self._kept.value = f'<span style="color:{_SOFT}">kept as {self._right.value}</span>'
            self._right.value = ""

    def _listen(self):
        def down(x, y):
            if self._at:
                self._at = None
                self._redraw()
            self.pen_down(x / CRISPNESS, y / CRISPNESS)

        def move(x, y):
            self.pen_move(x / CRISPNESS, y / CRISPNESS)

        def up(*_):
            self.pen_up()

        self.canvas.on_key_down(lambda key, *_: self.press(key))
        self.canvas.on_mouse_down(down)
        self.canvas.on_mouse_move(move)
        self.canvas.on_mouse_up(up)
        self.canvas.on_mouse_out(up)
        self.canvas.on_touch_start(lambda touches: down(*touches[0]))
        self.canvas.on_touch_move(lambda touches: move(*touches[0]))
        self.canvas.on_touch_end(up)
        self.canvas.on_touch_cancel(up)


def _paper(strokes, width, thickness, scale):
    """Strokes on a pad, uint8 (H, W), black on white."""
    drawn = np.zeros((SIDE * scale, width * scale), np.uint8)
    for stroke in strokes:
        writing.draw_line(drawn, stroke * scale, thickness * scale)
    return 255 - drawn


def _example(word, width):
    """Letters in the middle of a pad, as strokes in px of the screen."""
    labels = [alphabets.CLASSES.index(letter) for letter in word]
    hand = pen.draw_hand(EXAMPLE_HAND, each=1)
    size = 160 if len(word) == 1 else 90
    left = (width - 1.2 * size * len(word)) / 2
    return [
        stroke * size + (left + 1.2 * size * i, (SIDE - size) / 2)
        for i, label in enumerate(labels)
        for stroke in hand[label][0]
    ]


def _button(text, icon, tooltip, action):
    button = widgets.Button(description=text, icon=icon, tooltip=tooltip, layout={"width": f"{SIDE // 2 - 4}px"})
    button.on_click(lambda _: action())
    return button


# the colours are JupyterLab's own, so that the answer is readable in its light and in its dark theme
_TEXT, _SOFT = "var(--jp-ui-font-color1, #222)", "var(--jp-ui-font-color2, #555)"
_BAR, _TRACK = "var(--jp-brand-color1, #1976d2)", "var(--jp-layout-color3, #ddd)"


def _as_html(prediction, frame, what):
    if prediction is None:
        return f'<div style="color:{_SOFT};font-size:15px;line-height:1.5;padding-top:8px">Draw {what}.</div>'
    rows = "".join(_row(letter, probability) for letter, probability in prediction.candidates[:BEST])
    picture = _png(frame)
    size = "font-size:72px;line-height:80px;font-weight:600"
    first, second, third = (letter for letter, _ in prediction.candidates[:BEST])
    remark = f"not sure:<br>maybe {first}, {second} or {third}" if prediction.unsure else ""
    return f"""
<div style="color:{_TEXT};width:250px;font-size:14px">
  <div style="display:flex;align-items:center;gap:12px;height:80px">
    <span class="letter" style="{size};color:{_SOFT if prediction.unsure else _TEXT}">{prediction.letter}</span>
    <span style="color:{_SOFT};line-height:1.35">{remark}</span>
  </div>
  <div style="margin:8px 0 16px">{rows}</div>
  <div style="display:flex;align-items:center;gap:12px">
    <img alt="the letter as 28 x 28 pixels" src="data:image/png;base64,{picture}"
         style="width:84px;height:84px;image-rendering:pixelated;border:1px solid {_TRACK}">
    <span style="color:{_SOFT};line-height:1.35">what the<br>network sees</span>
  </div>
</div>"""


def _text_as_html(reading):
    doubts = [f"{one.letter} (or {one.candidates[1][0]})" for one in reading.letters if one.unsure]
    remark = f"not sure of {', '.join(doubts)}" if doubts else ""
    frames = "".join(
        f'<img alt="{one.letter}" src="data:image/png;base64,{_png(one.frame)}" style="width:42px;height:42px">'
        for one in reading.letters
    )
    lines = "<br>".join(reading.lines)
    return f"""
<div style="color:{_TEXT};max-width:{WIDE}px;font-size:14px">
  <div class="text" style="font-size:40px;line-height:1.25;font-weight:600">{lines}</div>
  <div style="color:{_SOFT};min-height:22px">{remark}</div>
  <div style="display:flex;flex-wrap:wrap;gap:3px;margin:8px 0 2px">{frames}</div>
  <span style="color:{_SOFT}">what the network sees</span>
</div>"""


def _png(frame):
    return base64.b64encode(cv2.imencode(".png", frame)[1]).decode()


def _row(letter, probability):
    percent = f"{int(100 * probability)} %" if probability >= 0.01 else "&lt; 1 %"  # rounded down: nothing is certain
    return f"""
<div style="display:flex;align-items:center;gap:10px;line-height:26px">
  <span style="width:16px;font-weight:600">{letter}</span>
  <span style="flex:1;height:10px;border-radius:5px;background:{_TRACK}">
    <span style="display:block;width:{100 * probability:.1f}%;height:10px;border-radius:5px;background:{_BAR}"></span>
  </span>
  <span style="width:46px;text-align:right;font-variant-numeric:tabular-nums">{percent}</span>
</div>"""
