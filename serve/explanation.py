"""What the networks saw of a picture, small enough to be sent: for whoever asks how the answer came about."""

import base64
import itertools

import cv2
import numpy as np

from letters import ctc

LONGEST = 480  # px of the longer side of a map: enough for half a window
LINES = 5  # that are shown: a page has more, which are read in the same way
WIDEST = 1280  # px of a strip that are shown: all of one that is as long as the networks see it well


def explanation_of(seen):
    """A recognizer.Explanation as the field `explanation` of an answer."""
    shown = seen.lines[:LINES]
    firsts = itertools.accumulate((len(one.boxes) for one in shown), initial=0)
    return {
        "part": [int(value) for value in seen.part],
        "ink": png_url(_map(seen.maps.ink)),
        "core": png_url(_map(seen.maps.core)),
        "alone": bool(seen.alone),
        "lines": [_line(one, first) for one, first in zip(shown, firsts, strict=False)],
        "all_lines": len(seen.lines),
    }


def _line(seen, first):
    strip = seen.line.strip[:, :WIDEST]
    steps = seen.symbols[: WIDEST // ctc.STEP]
    return {
        "strip": png_url(strip),
        "symbols": [symbol for symbol, _ in steps],
        "percents": [round(100 * probability) for _, probability in steps],
        "first": first,
        "boxes": [[int(value) for value in box] for box in seen.boxes if box[0] < WIDEST],
    }


def _map(plane):
    """A map, float32 (h, w) of 0..1, as uint8, of LONGEST at most."""
    scale = LONGEST / max(plane.shape)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in plane.shape[::-1]]
        plane = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return (255 * plane.clip(0, 1) + 0.5).astype(np.uint8)


def png_url(grey):
    """Grey pixels, uint8 (h, w), as the data URL of a PNG."""
    _, png = cv2.imencode(".png", grey)
    return "data:image/png;base64," + base64.b64encode(png).decode()
