"""A recogniser without networks, for tests that are not about reading."""

from itertools import chain, pairwise
from pathlib import Path

import cv2
import numpy as np

from letters import alphabet as alphabets
from letters import ctc, ink, lines, picture
from letters.language import LANGUAGES
from letters.recognizer import Explanation, FoundLetter, Reading, SeenLine

INK = 60  # levels by which ink differs from the picture's edge
FEWEST = 12  # pixels of a component that counts as a letter


class MadeUpRecognizer:
    """Answers as `letters.Recognizer` does, with a text that the test chooses.

    text: what pictures say, words parted by spaces and lines by line breaks; or None, for one letter, A, B, C and so
    on, for each component of ink from the left. texts: what pictures of a height and width say, whatever `text` is.
    Letters that are no components share the ink's box evenly. turned: by how many degrees pictures were turned, where
    they may be. Refuses what the real one refuses: files that are not pictures, pictures without ink, unknown alphabets
    and languages.
    """

    path = Path("made_up.tflite")

    def __init__(self):
        self.reset()

    def reset(self):
        """Forget what a test chose."""
        self.text, self.texts, self.unsure, self.turned = None, {}, False, 0

    def read(self, source, alphabet="any", language=None, fold=False, limits=picture.Limits(), turn=True):  # noqa: B008
        """A Reading of a picture. Raises picture.PictureError, ValueError."""
        return self.explain(source, alphabet, language, fold, limits, turn).reading

    def explain(self, source, alphabet="any", language=None, fold=False, limits=picture.Limits(), turn=True):  # noqa: B008
        """An Explanation: the ink is where the letters are, and each line is the upper part of the picture."""
        alphabets.check(alphabet)
        if language is not None and language not in LANGUAGES:
            raise ValueError(f"no such language: {language}")
        rgb = picture.open_picture(source, limits)
        written = _ink(rgb)
        boxes = _components(written)
        if not boxes:
            raise ink.no_ink()
        text = self.texts.get(rgb.shape[:2], self.text) or "".join(chr(65 + i) for i in range(len(boxes)))
        letters = "".join(text.split())
        if len(boxes) != len(letters):
            boxes = _shared(boxes, len(letters))
        whole = alphabet == "upper" or fold or len(letters) == 1
        cased = text.lower() if alphabet == "lower" else text.upper() if whole else text
        found = iter(
            [self._letter(name, box, written) for name, box in zip("".join(cased.split()), boxes, strict=True)]
        )
        words = [[[next(found) for _ in word] for word in line.split()] for line in cased.split("\n")]
        turned = self.turned if turn else 0
        plane = np.rot90(written.astype(np.float32), -turned // 90).copy()
        maps = ink.Maps(plane, cv2.blur(plane, (9, 9)), 1.0, (0, 0))
        seen = [_seen_line(plane, list(chain.from_iterable(line)), alphabet) for line in words]
        alone = len(letters) == 1
        return Explanation(Reading(words, turned), maps, (0, 0, *rgb.shape[1::-1]), seen, alone)

    def _letter(self, name, box, written):
        best = 0.31 if self.unsure else 0.986
        others = [other for other in "etaonishrdlu" if other != name.lower()][:3]
        if name.isupper():
            others = [other.upper() for other in others]
        candidates = [(name, best), *((other, 0.004 / (i + 1)) for i, other in enumerate(others))]
        x, y, width, height = box
        return FoundLetter(candidates, box, ink.fit(written[y : y + height, x : x + width].astype(np.float32)))


def _seen_line(plane, letters, alphabet):
    """A line whose letters share its strip evenly, each with a spike of columns in its middle."""
    width = max(4, 24 * len(letters))
    strip = cv2.resize((255 * plane).astype(np.uint8), (width, lines.HEIGHT), interpolation=cv2.INTER_AREA)
    columns = np.full((width // ctc.STEP, ctc.COLUMN_CLASSES), 0.001, np.float32)
    columns[:, ctc.BLANK] = 0.9
    for number, letter in enumerate(letters):
        if letter.letter in alphabets.CLASSES:
            columns[12 * number + 6, alphabets.CLASSES.index(letter.letter)] = 10
    boxes = [(24 * number + 2, 10, 20, 25) for number in range(len(letters))]
    line = lines.Line(strip, None, None, None, (0, 0), None)
    return SeenLine(line, columns / columns.sum(axis=1, keepdims=True), alphabet, boxes)


def _ink(rgb):
    """Where a picture, uint8 (H, W, 3), differs from its upper left corner: uint8 (H, W), 0 or 1."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(int)
    return (np.abs(grey - grey[0, 0]) > INK).astype(np.uint8)


def _components(written):
    """The boxes (x, y, width, height) of the components of ink, from left to right."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(written)
    return sorted(tuple(int(value) for value in row[:4]) for row in stats[1:] if row[cv2.CC_STAT_AREA] >= FEWEST)


def _shared(boxes, count):
    """As many boxes side by side as there are letters, which cover the boxes that are given."""
    corners = np.array([(x, y, x + width, y + height) for x, y, width, height in boxes])
    (left, top), (right, bottom) = corners[:, :2].min(0), corners[:, 2:].max(0)
    edges = np.linspace(left, right, count + 1).astype(int)
    return [(int(a), int(top), int(max(1, b - a)), int(bottom - top)) for a, b in pairwise(edges)]
