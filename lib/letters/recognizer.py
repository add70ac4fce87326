"""The exported network under LiteRT: from frames, or a picture of any number of letters, to letters and text."""

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from letters import alphabet as alphabets
from letters import ink, page, remarks
from letters import language as languages
from letters import picture as pictures

PATH = Path(__file__).resolve().parents[2] / "models" / "letters.tflite"
BATCH = 64  # frames the network sees at once: more brings no speed, but takes memory
UNSURE_BELOW = 0.8  # sureness; fewer than 2 % of the letters of UNIPEN's validation writers stay below it

ONE_PIECE = 0.9  # a drawing in one piece that is one letter with this probability is not searched for others
ONE_LETTER = 0.6  # a picture that is read as one letter with this probability is not read as its pieces
MOST_PIECES = 4  # that one letter may have been taken apart into


class ModelError(ValueError):
    """A model file that is missing, or is none of ours."""


@dataclass(frozen=True)
class Prediction:
    """What one frame may be."""

    candidates: list  # (letter, probability), best first, all 26 letters of the alphabet

    @property
    def letter(self):
        return self.candidates[0][0]

    @property
    def sureness(self):
        """The probability of the letter over the fourth root of that of no letter at all, from 0 to 2.7. It tells
        letters from drawings and digits better than either probability does alone."""
        nothing = max(0.0, 1 - sum(probability for _, probability in self.candidates))
        return self.candidates[0][1] / (nothing + 0.02) ** 0.25

    @property
    def unsure(self):
        """Whether the letter should not be trusted."""
        return self.sureness < UNSURE_BELOW


@dataclass(frozen=True)
class FoundLetter(Prediction):
    """A letter in a picture."""

    box: tuple  # (x, y, width, height) in pixels of the picture
    frame: np.ndarray  # uint8 (28, 28): what the network saw


@dataclass(frozen=True)
class Reading:
    """What is written in a picture."""

    words: list  # lines, top to bottom, which are lists of words, which are lists of FoundLetter

    @property
    def letters(self):
        """All letters, in reading order."""
        return [letter for line in self.words for word in line for letter in word]

    @property
    def lines(self):
        return [" ".join("".join(letter.letter for letter in word) for word in line) for line in self.words]

    @property
    def text(self):
        return "\n".join(self.lines)


class Recognizer:
    """A loaded network. `Recognizer.load()` gives the shipped one; it may be used from several threads."""

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.is_file():
            raise ModelError(f"there is no model at {self.path}; make one with: make train")
        try:
            self._interpreter = Interpreter(str(self.path), num_threads=1)
            self._input = self._interpreter.get_input_details()[0]
            self._output = self._interpreter.get_output_details()[0]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self.path} is no LiteRT model ({error})") from error
        shapes = self._input["shape_signature"].tolist()[1:], self._output["shape_signature"].tolist()[1:]
        if shapes not in (([28, 28, 1], [26]), ([28, 28, 1], [52]), ([28, 28, 1], [53])):
            raise ModelError(
                f"{self.path} takes {shapes[0]} and gives {shapes[1]}, not 28x28x1 and 26, 52 or 53 classes"
            )
        self._lock = threading.Lock()  # an interpreter has one set of tensors
        with remarks.held_back():
            self._allocate(1)

    @classmethod
    def load(cls, path=PATH):
        """Load a network exported by `letters.cnn.export`. Raises ModelError."""
        return cls(path)

    def probabilities(self, frames):
        """Class probabilities of frames: uint8 (N, 28, 28) -> float32 (N, 53), the last of them for what is no letter;
        (N, 52) or (N, 26) for a network that does not refuse, or knows capitals only.

        Raises ValueError for anything but frames.
        """
        frames = np.asarray(frames)
        if frames.dtype != np.uint8 or frames.ndim != 3 or frames.shape[1:] != (ink.SIDE, ink.SIDE):
            raise ValueError(
                f"frames must be uint8 (N, 28, 28), not {frames.dtype} {frames.shape}; see letters.ink.frame"
            )
        parts = [self._run(frames[i : i + BATCH]) for i in range(0, len(frames), BATCH)]
        return np.concatenate(parts or [np.empty((0, self._output["shape_signature"][1]), np.float32)])

    def _run(self, frames):
        with self._lock:
            if len(frames) != self._allocated:
                self._allocate(len(frames))
            self._interpreter.set_tensor(self._input["index"], frames[..., None].astype(np.float32))
            self._interpreter.invoke()
            return self._interpreter.get_tensor(self._output["index"])

    def _allocate(self, frames):
        self._interpreter.resize_tensor_input(self._input["index"], (frames, ink.SIDE, ink.SIDE, 1))
        self._interpreter.allocate_tensors()
        self._allocated = frames

    def predict(self, frames, alphabet="any"):
        """Read frames, uint8 (N, 28, 28): a list of N Predictions.

        alphabet: `upper`, `lower`, or `any`: the two cases of a letter count as one and the answer is the capital.
        Raises ValueError for anything but frames, or another alphabet.
        """
        return [Prediction(candidates) for candidates in self._candidates(frames, alphabet)]

    def _candidates(self, frames, alphabet):
        folded = alphabets.fold(self.probabilities(frames), alphabet)
        letters = alphabets.ALPHABETS[alphabet]
        order = np.argsort(-folded, axis=1, kind="stable")
        return [[(letters[i], float(row[i])) for i in best] for row, best in zip(folded, order, strict=True)]

    def read(self, source, alphabet="any", language=None, fold=False, limits=pictures.Limits()):  # noqa: B008
        """Read a picture of one letter or many: words and lines, drawn, scanned or photographed.

        source: a path, the bytes of a file, an open file, a PIL picture or an array: what `picture.open_picture` takes.
        alphabet: `upper`, `lower`, or `any`. With `any`, letters that have others beside them keep the case that their
        shape and height speak for; one on its own is named by its capital.
        language: None, or one of `language.LANGUAGES`, to let its words break ties between letters that look alike.
        fold: name every letter by its capital.
        limits: of files, as `picture.open_picture` keeps them.
        Returns a Reading.
        Raises picture.PictureError, FileNotFoundError, or ValueError for another alphabet or language.
        """
        alphabets.check(alphabet)
        known = languages.load(language) if language else None
        picture, corner = ink.trim(ink.grey_levels(pictures.open_picture(source, limits)))
        if ink.even_ground(picture) is not None:
            only, pieces = self._only_letter(picture, corner, alphabet, fold)
            if pieces == 1 and only.candidates[0][1] > ONE_PIECE:
                return Reading([[[only]]])
        lines = page.read(picture, self._of_53, alphabet, known)
        found = [letter for line in lines for word in line for letter in word]
        if len(found) <= MOST_PIECES:
            only, _ = self._only_letter(picture, corner, alphabet, fold)
            likely = np.mean([alphabets.fold(letter.scores[None], alphabet).max() for letter in found]) if found else 0
            if len(found) <= 1 or only.candidates[0][1] > max(ONE_LETTER, likely):
                return Reading([[[only]]])
        names = alphabets.ALPHABETS["upper" if fold else alphabet]

        def named(letter):
            probabilities = alphabets.fold(letter.scores[None], alphabet)[0]
            small = letter.scores[26:] > letter.scores[:26] if alphabet == "any" and not fold else np.zeros(26, bool)
            best = np.argsort(-probabilities, kind="stable")
            candidates = [(names[i].lower() if small[i] else names[i], float(probabilities[i])) for i in best]
            return FoundLetter(candidates, _moved(letter.box, corner), letter.frame)

        return Reading([[[named(letter) for letter in word] for word in line] for line in lines])

    def _of_53(self, frames):
        """Probabilities of frames as `page.read` asks for them, whatever classes the network knows."""
        known = self.probabilities(frames)
        return np.pad(known, ((0, 0), (0, alphabets.NOT_A_LETTER + 1 - known.shape[1])))

    def _only_letter(self, picture, corner, alphabet, fold):
        """The one letter of a picture whose left upper corner is at `corner` of the one given; its number of pieces."""
        written, (x, y, width, height) = ink.find_ink(picture)
        frame = ink.fit(written[y : y + height, x : x + width])
        scale = picture.shape[0] / written.shape[0]
        box = _moved([value * scale for value in (x, y, width, height)], corner)
        (candidates,) = self._candidates(frame[None], alphabet)
        pieces = cv2.connectedComponents((written > 0).astype(np.uint8))[0] - 1
        return FoundLetter([(name.upper() if fold else name, p) for name, p in candidates], box, frame), pieces


def _moved(box, corner):
    """A box (x, y, width, height), moved by the corner that it is counted from, in whole px."""
    x, y, width, height = (round(float(value)) for value in box)
    return x + corner[0], y + corner[1], width, height
