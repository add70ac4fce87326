"""Read pictures with RapidOCR, as long as they come: a process that `benchmarks.readers.RapidOCR` starts.

It runs in an environment that has rapidocr, onnxruntime, numpy and OpenCV, and need not have this project. It first
writes a line of JSON with its version. Then, for each picture on stdin (height, width and whether to look for the text
or to take the whole picture for a line of it, 1 or 0, as little-endian uint32, then RGB pixels), it writes a line of
JSON with the text.
"""

import json
import os
import struct
import sys
from collections.abc import Sequence
from importlib import metadata

import cv2
import numpy as np
from rapidocr import RapidOCR


def lines(boxes: Sequence[np.ndarray], texts: Sequence[str]) -> str:
    """The pieces of lines that RapidOCR finds, put together as lines of text, top to bottom.

    boxes: float (N, 4, 2) corners in px. texts: what each of them says.
    """
    rows = []
    for i in np.argsort([box[:, 1].mean() for box in boxes], kind="stable"):
        middle, height = boxes[i][:, 1].mean(), np.ptp(boxes[i][:, 1])
        if not rows or middle - rows[-1][0] > 0.5 * height:
            rows.append((middle, []))
        rows[-1][1].append((boxes[i][:, 0].min(), texts[i]))
    return "\n".join(" ".join(text for _, text in sorted(row)) for _, row in rows)


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints does not get among the answers
    read = RapidOCR(params={"Global.log_level": "error"})

    def answer(**said):
        print(json.dumps(said), file=answers, flush=True)

    answer(version=metadata.version("rapidocr"))
    while head := sys.stdin.buffer.read(12):
        height, width, detect = struct.unpack("<III", head)
        pixels = np.frombuffer(sys.stdin.buffer.read(3 * height * width), np.uint8)
        picture = cv2.cvtColor(pixels.reshape(height, width, 3), cv2.COLOR_RGB2BGR)
        steps = {"use_det": bool(detect), "use_cls": bool(detect), "use_rec": True}
        found = read(picture, **steps)  # all of them each time: it keeps the settings of its last call
        if detect:
            answer(text=lines(found.boxes, found.txts) if found.txts else "")
        else:
            answer(text=" ".join(found.txts or ()))


if __name__ == "__main__":
    main()
