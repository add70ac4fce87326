"""A strip seen again, a little smaller and a little larger: where one look leaves doubt, three looks settle more.

The network reads each view anew, and mistakes that hang on the size of the letters are not made in all of them. The
views are not averaged, as their columns do not correspond: `decoder.agree` chooses the text that they make likeliest
together.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from letters import lines
from letters.ctc import COLUMN_CLASSES, STEP, Letter, restrict
from letters.lines import BASELINE

SCALES = (0.88, 1.14)  # of the other views


@dataclass(frozen=True)
class View:
    """What the network sees of a strip at one scale, for one alphabet."""

    columns: np.ndarray  # float32 (T, 88): probabilities of classes
    marks: np.ndarray  # float32 (T, 11)
    scale: float = 1.0  # px of the view for each px of the strip

    @classmethod
    def of(cls, columns: np.ndarray, alphabet: str, scale: float = 1.0) -> "View":
        """The view of columns, float32 (T, 99), in which the alphabet takes over what it does not have."""
        return cls(restrict(columns, alphabet), columns[:, COLUMN_CLASSES:], scale)

    def spans(self, words: list[list[Letter]]) -> list[list[Letter]]:
        """Words of the strip with the spans that their letters have in this view."""
        end = len(self.columns) * STEP

        def moved(one):
            first, last = (min(end, round(x * self.scale)) for x in one.span)
            return replace(one, span=(first, last))

        return words if self.scale == 1 else [list(map(moved, word)) for word in words]


def scaled(strip: np.ndarray, scale: float) -> np.ndarray:
    """A strip at another scale, its baseline where it was: uint8 (48, W), W a multiple of 4."""
    height, width = strip.shape
    wide = max(1, math.ceil(width * scale / lines.STEP)) * lines.STEP
    change = np.array([[scale, 0, 0], [0, scale, BASELINE * (1 - scale)]], np.float32)
    return cv2.warpAffine(strip, change, (wide, height), flags=cv2.INTER_LINEAR)


def again(
    strip: np.ndarray, network: Callable[[Sequence[np.ndarray]], Sequence[np.ndarray]], alphabet: str
) -> list[View]:
    """The other views of a strip, uint8 (48, W), by a network as `transcribe.transcribe` takes it."""
    seen = network([scaled(strip, scale) for scale in SCALES])
    return [View.of(columns, alphabet, scale) for columns, scale in zip(seen, SCALES, strict=True)]
