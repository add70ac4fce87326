"""Who reads the pictures: this project, and what people would use in its place, where it is installed.

Every Reader gets exactly the same pixels. Peers run as they are meant to: tesseract 5 as a program, RapidOCR (PP-OCR)
in a process of its own, which may have another Python environment than this one.
"""

import dataclasses
import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from letters import Recognizer, alphabet, ink, pen
from letters.language import NAMES
from letters.picture import PictureError
from letters.training import classic

LOOK_ALIKES = str.maketrans("0123456789", "OIZEASGTBG")  # what a reader that knows of letters only would say
WORKER = Path(__file__).with_name("rapidocr_worker.py")


@dataclass(frozen=True)
class Reader:
    """Reads a picture, uint8 (H, W, 3) RGB, and gives its text: "" where it finds none."""

    name: str
    read: Callable[[np.ndarray], str]
    timed: bool = True  # False for one that answers from memory, whose time says nothing


def ours(recognizer: Recognizer, language: str | None = None) -> Reader:
    """This project's reader, with the words of a language where one is named."""

    def read(picture):
        try:
            return recognizer.read(picture, language=language).text
        except PictureError as error:
            if error.code != "no_ink":
                raise
            return ""

    return Reader("ours" if language is None else f"ours, {NAMES[language]}", read)


def tesseract(page_segmentation: int = 6) -> Reader:
    """tesseract 5. page_segmentation: its --psm: 6 a block of text, 8 a word, 10 a single character."""

    def read(picture):
        png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
        command = ["tesseract", "stdin", "stdout", "--psm", str(page_segmentation)]
        one_core = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads wait for each other longer than they work
        return subprocess.run(command, input=png, capture_output=True, check=True, env=one_core).stdout.decode().strip()

    return Reader("tesseract", read)


class RapidOCR:
    """RapidOCR in a process of another interpreter, to which pictures go over a pipe.

    What was read once is kept, so that the reader with look-alikes does not read all pictures again.
    """

    def __init__(self, python: str):
        """python: an interpreter that has the packages rapidocr and onnxruntime."""
        command = [python, str(WORKER)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._read_before = {}
        self.version = self._answer()["version"]

    def read(self, picture: np.ndarray) -> str:
        """The text of a picture, uint8 (H, W, 3) RGB. Raises RuntimeError where the process has died."""
        text = self._ask(picture, detect=True)
        self._read_before[_fingerprint(picture)] = text
        return text

    def read_line(self, picture: np.ndarray) -> str:
        """The text of a picture that is cropped to one line: its text detection is passed over."""
        return self._ask(picture, detect=False)

    def read_again(self, picture: np.ndarray) -> str:
        """What `read` said of this picture, with digits as the letters that they look like."""
        text = self._read_before.get(_fingerprint(picture))
        return (self.read(picture) if text is None else text).translate(LOOK_ALIKES)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, picture, detect):
        picture = np.ascontiguousarray(picture)
        self._process.stdin.write(struct.pack("<III", *picture.shape[:2], detect))
        self._process.stdin.write(picture.tobytes())
        self._process.stdin.flush()
        return self._answer()["text"]

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"RapidOCR ended with status {self._process.wait()}; its message is above")
        return json.loads(line)

    def readers(self, cropped: bool = False) -> list[Reader]:
        """It as it is, and with digits taken for letters. cropped: also without text detection, for pictures that are
        cropped to their text."""
        found = [Reader("RapidOCR", self.read), Reader("RapidOCR, digits as letters", self.read_again, timed=False)]
        return [*found, Reader("RapidOCR, no detection", self.read_line)] if cropped else found


def _fingerprint(picture):
    return picture.shape, hash(picture.tobytes())


def rapidocr(python: str | None = None) -> RapidOCR | None:
    """RapidOCR under another interpreter, or under this one where the package is installed; None where it is not."""
    if python is None and importlib.util.find_spec("rapidocr") is None:
        return None
    return RapidOCR(python or sys.executable)


def peers(rapid: RapidOCR | None, page_segmentation: int = 6, cropped: bool = False) -> list[Reader]:
    """The installed ones of tesseract and RapidOCR. page_segmentation: see `tesseract`. cropped: see `RapidOCR`."""
    found = [tesseract(page_segmentation)] if shutil.which("tesseract") else []
    return found + (rapid.readers(cropped) if rapid else [])


@cache
def original_network(size: int = 30_000, epochs: int = 6, seed: int = 0, flip: bool = True):
    """The network of the original project with its augmentation, trained on drawn letters of the 52 classes: a minute.

    flip: whether letters are mirrored, as it did. Returns the keras.Sequential.
    """
    from letters import augment

    frames, labels = pen.frames(size, seed=seed)
    return classic.train(frames, labels, dataclasses.replace(augment.RECIPE, flip=flip), epochs, 52, seed)


def original(size: int, epochs: int) -> Reader:
    """The original network as the original page asked it: the whole picture squeezed to 28 x 28, whatever it shows.

    size, epochs: of its training, see `original_network`. It names one letter of every picture, blank ones too.
    """
    model = original_network(size, epochs)

    def read(picture):
        small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (ink.SIDE, ink.SIDE))
        return alphabet.CLASSES[int(model.predict(255 - small[None, ..., None], verbose=0).argmax())]

    return Reader("original network", read)
