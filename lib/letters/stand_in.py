"""Pictures that stand in for widgets where widgets do not run: on GitHub and nbviewer, and in a notebook that Jupyter
does not trust yet. They have a transparent ground and gray text, which are readable in light and dark themes.
"""

import base64
import io

import ipywidgets as widgets
import numpy as np
from IPython.display import display
from PIL import Image, ImageDraw, ImageFont

from letters.recognizer import Prediction

GRAY = (121, 121, 121, 255)  # 4.3 times as dark as white, and as light as #111111 (WCAG's contrast)
BLUE = (0, 114, 178, 255)
TRACK = (121, 121, 121, 70)  # behind a bar
CAPTION = 32  # px of height for a line of text
ANSWER = 270  # px of width for the answer beside a pad
BEST = 3  # candidates shown


def show(widget: widgets.Widget, picture: np.ndarray, text: str) -> None:
    """Show a widget as the output of a cell, with what stands in for it.

    picture: uint8 (H, W, 4) RGBA. text: one sentence, where not even pictures are shown.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png", optimize=True)
    picture_and_text = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": text}
    display(widget._repr_mimebundle_() | picture_and_text, raw=True)


def letter_pad(paper: np.ndarray, prediction: Prediction, caption: str) -> np.ndarray:
    """A pad, uint8 (H, W), with a caption below it and what was read beside it, as uint8 (H, W, 4) RGBA."""
    picture, draw = _pad(paper, caption, ANSWER)
    left = paper.shape[1] + 32
    _write(draw, (left, 2), prediction.letter, 72)
    if prediction.unsure:
        _write(draw, (left + 72, 40), "not sure", 16)
    for i, (letter, probability) in enumerate(prediction.candidates[:BEST]):
        y = 104 + 28 * i
        _write(draw, (left, y), letter, 17)
        draw.rounded_rectangle((left + 26, y + 6, left + 186, y + 16), 5, TRACK)
        if probability > 0.03:  # a shorter bar has no room for its round ends
            draw.rounded_rectangle((left + 26, y + 6, left + 26 + 160 * probability, y + 16), 5, BLUE)
        _write(draw, (left + 196, y), f"{int(100 * probability)} %" if probability >= 0.01 else "< 1 %", 17)
    return np.asarray(picture)


def word_pad(paper: np.ndarray, text: str, caption: str) -> np.ndarray:
    """A wide pad, uint8 (H, W), with a caption and the text that was read below it, as uint8 (H, W, 4) RGBA."""
    picture, draw = _pad(paper, caption, 0, below=56)
    _write(draw, (2, len(paper) + CAPTION), text, 40)
    return np.asarray(picture)


def with_heading(picture: np.ndarray, heading: str) -> np.ndarray:
    """A picture, uint8 (H, W, 4) RGBA, with a line of text above it."""
    line = _ground(picture.shape[1], CAPTION)
    _write(ImageDraw.Draw(line), (2, 2), heading, 20)
    return np.concatenate([np.asarray(line), picture])


def _pad(paper, caption, beside, below=0):
    height, width = paper.shape
    picture = _ground(width + beside, height + CAPTION + below)
    draw = ImageDraw.Draw(picture)
    picture.paste(Image.fromarray(paper))
    draw.rectangle((0, 0, width - 1, height - 1), outline=GRAY)
    _write(draw, (2, height + 4), caption, 16)
    return picture, draw


def _ground(width, height):
    return Image.new(
        "RGBA", (width, height), (*GRAY[:3], 0)
    )  # gray, so that the edges of text are neither dark nor light


def _write(draw, place, text, size):
    draw.text(place, text, GRAY, ImageFont.load_default(size))
