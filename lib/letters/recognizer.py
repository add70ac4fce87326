"""From frames, or a picture of any number of letters, to letters and text: the three networks together."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from letters import alphabet as alphabets
from letters import characters, ctc, ink, picture, runtime, transcribe
from letters import language as languages
from letters import lines as lines_of_writing
from letters.runtime import ModelError, Network

PATH = runtime.ASSETS / "letter.tflite"
BATCH = 64  # frames the network sees at once: more brings no speed, but takes memory
# Of the line network's columns, chosen on words and labels of hdBPMN's validation writers: after so many real words, it
# is surer than it should be, which leaves a language no say.
TEMPERATURE = 1.5
UNSURE_BELOW = 0.8  # sureness; fewer than 2 % of the letters of UNIPEN's validation writers stay below it

NO_LETTER_BELOW = 0.3  # sureness; where the line network sees no letter either, there is none

STRIP_STEP = 64  # px: strips are padded to multiples of it, as a network of another size has to be prepared anew
ONE_LETTER = 0.6  # a picture that is read as one letter with this probability is not read as its pieces
MOST_PIECES = 4  # that one letter may have been taken apart into
DOUBTFUL = 0.75  # mean probability of the letters below which a picture may be upside down
LIKELY = 0.01  # probability of a letter from which its marks are candidates, too
CLEARLY = 0.5  # of credit, by which another way up must be better to be taken
FEWEST_TURNED = 3  # letters: of fewer, many are others when turned, as N is Z


@dataclass(frozen=True)
class Prediction:
    """What one frame may be."""

    candidates: list[tuple[str, float]]  # (letter, probability), best first, all letters of the alphabet

    @property
    def letter(self) -> str:
        return self.candidates[0][0]

    @property
    def sureness(self) -> float:
        """The probability of the letter over the fourth root of that of no letter at all, from 0 to 2.7. It tells
        letters from drawings and digits better than either probability does alone."""
        nothing = max(0.0, 1 - sum(probability for _, probability in self.candidates))
        return self.candidates[0][1] / (nothing + 0.02) ** 0.25

    @property
    def unsure(self) -> bool:
        """Whether the letter should not be trusted."""
        return self.sureness < UNSURE_BELOW


@dataclass(frozen=True)
class FoundLetter(Prediction):
    """A letter in a picture."""

    box: tuple[int, int, int, int]  # (x, y, width, height) in pixels of the picture
    frame: np.ndarray  # uint8 (28, 28): what the network saw


@dataclass(frozen=True)
class Reading:
    """What is written in a picture."""

    words: list[list[list[FoundLetter]]]  # the letters of the words of the lines, in reading order
    turned: int = 0  # degrees that the picture was turned to the right (clockwise) to be read

    @property
    def letters(self) -> list[FoundLetter]:
        """All letters, in reading order."""
        return [letter for line in self.words for word in line for letter in word]

    @property
    def lines(self) -> list[str]:
        return [" ".join("".join(letter.letter for letter in word) for word in line) for line in self.words]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def confidence(self) -> float:
        """The mean probability of its letters, 0 where there are none."""
        return float(np.mean([letter.candidates[0][1] for letter in self.letters])) if self.letters else 0.0

    @property
    def credit(self) -> float:
        """How much was read, and how surely: by how much its letters are more likely right than wrong, added up. Of two
        ways to hold a picture, the right one has more of it; noise has next to none."""
        return float(sum(letter.candidates[0][1] - 0.5 for letter in self.letters))


@dataclass(frozen=True)
class SeenLine:
    """A line of writing on its way to letters."""

    line: lines_of_writing.Line
    columns: np.ndarray  # of its strip, as `Recognizer.columns` gives them
    alphabet: str
    boxes: list[tuple[int, int, int, int]]  # (x, y, width, height) of its letters, in px of the strip

    @property
    def symbols(self) -> list[tuple[str, float]]:
        """The likeliest symbol of each column and its probability, as the search for the text sees them: both cases of
        a letter are one, " " is the space, and "" is no symbol."""
        folded = ctc.fold(ctc.restrict(self.columns, self.alphabet))
        letters = ctc.FOLDED[:26].upper() if self.alphabet == "upper" else ctc.FOLDED[:26]
        names = [*letters, *ctc.FOLDED[26:], ""]
        return [(names[best], float(column[best])) for best, column in zip(folded.argmax(axis=1), folded, strict=True)]


@dataclass(frozen=True)
class Explanation:
    """A reading, and what the networks saw on the way to it."""

    reading: Reading
    maps: ink.Maps  # of the picture, turned as the reading says
    part: tuple[int, int, int, int]  # (x, y, width, height) that they cover of the picture as it was
    lines: list[SeenLine]  # those that have letters, in reading order
    alone: bool  # whether network 3 named the letter, as the picture shows no other


class Recognizer:
    """The networks, loaded. `Recognizer.load()` gives the shipped ones; it may be used from several threads."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._network = Network(path)
        classes = self._network.manifest.get("classes")
        if classes is None:
            raise ModelError(
                f"{path} has no manifest that names its classes. Write both with letters.training.letter.export."
            )
        if self._network.shapes != ((-1, ink.SIDE, ink.SIDE, 1), (-1, len(classes))):
            raise ModelError(f"{path} does not take frames and give the {len(classes)} classes of its manifest.")
        self._classes = len(classes)

    @classmethod
    def load(cls, path: str | Path = PATH) -> Self:
        """Load the networks; `path` is the letter network's, as `letters.training.letter.export` writes it.

        Raises ModelError for a file that is not such a network.
        """
        return cls(path)

    def probabilities(self, frames: np.ndarray) -> np.ndarray:
        """Class probabilities of frames: uint8 (N, 28, 28) -> float32 (N, 53), the last of them for what is no letter;
        (N, 52) or (N, 26) for a network that does not refuse, or knows capitals only.

        Raises ValueError for anything but frames.
        """
        frames = np.asarray(frames)
        if frames.dtype != np.uint8 or frames.ndim != 3 or frames.shape[1:] != (ink.SIDE, ink.SIDE):
            raise ValueError(
                f"frames must be uint8 (N, 28, 28), not {frames.dtype} {frames.shape}; see letters.ink.frame"
            )
        parts = [self._network(frames[i : i + BATCH, ..., None])[0] for i in range(0, len(frames), BATCH)]
        return np.concatenate(parts or [np.empty((0, self._classes), np.float32)])

    def columns(self, strips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Columns of strips, uint8 (48, W) each, for `transcribe.decode`: float32 (W / 2, 99) each, probabilities of
        classes, then of marks. They are softened by TEMPERATURE (Guo et al. 2017, arXiv:1706.04599)."""
        found = []
        for strip in strips:
            padded = np.pad(strip, ((0, 0), (0, -strip.shape[1] % STRIP_STEP)))
            logits = runtime.shipped("line")(padded[None, ..., None])[0].reshape(-1, ctc.OUTPUTS)
            parts = np.split(logits[: strip.shape[1] // ctc.STEP] / TEMPERATURE, [ctc.COLUMN_CLASSES], axis=1)
            chances = [np.exp(part - part.max(axis=1, keepdims=True)) for part in parts]
            found.append(np.hstack([part / part.sum(axis=1, keepdims=True) for part in chances]))
        return found

    def predict(self, frames: np.ndarray, alphabet: str = "any") -> list[Prediction]:
        """Read frames, uint8 (N, 28, 28): a list of N Predictions.

        alphabet: `upper`, `lower`, or `any`: the two cases of a letter count as one and the answer is the capital.
        A frame shows a letter A to Z: `latin` and `text` are read as `any`.
        Raises ValueError for anything but frames, or another alphabet.
        """
        return [Prediction(candidates) for candidates in _candidates(self.probabilities(frames), alphabet)]

    def read(
        self,
        source: picture.Source,
        alphabet: str = "any",
        language: str | None = None,
        fold: bool = False,
        limits: picture.Limits = picture.Limits(),  # noqa: B008
        turn: bool = True,
    ) -> Reading:
        """Read a picture of one letter or many: words and lines, drawn, scanned or photographed.

        source: a path, bytes, an open file, a PIL picture or an array, as `picture.open_picture` takes it.
        alphabet: `upper`, `lower` or `any`, A to Z; `latin` for letters with marks and ligatures, too; `text` for
        digits and signs besides. With the last three, letters that have others beside them keep the case that their
        shape and height speak for; one on its own is named by its capital.
        language: None, or one of `language.LANGUAGES`, to let its words break ties between letters that look alike.
        fold: name every letter by its capital.
        limits: of files, as `picture.open_picture` keeps them, and of the letters in a picture.
        turn: whether a picture that lies on its side or stands on its head may be turned to be read.
        Returns a Reading, with a letter at least. Raises picture.PictureError ("no_ink" where there is no letter,
        "too_many_letters"), FileNotFoundError, or ValueError for another alphabet or language.
        """
        return self.explain(source, alphabet, language, fold, limits, turn).reading

    def explain(
        self,
        source: picture.Source,
        alphabet: str = "any",
        language: str | None = None,
        fold: bool = False,
        limits: picture.Limits = picture.Limits(),  # noqa: B008
        turn: bool = True,
    ) -> Explanation:
        """Read a picture as `read` does, with the same arguments and errors, and keep what the networks saw."""
        alphabets.check(alphabet)
        known = languages.load(language) if language else None
        rgb = picture.open_picture(source, limits)
        maps = ink.maps(rgb)
        if maps.ink.max(initial=0) < ink.WRITTEN:
            raise ink.no_ink()
        read = partial(self._read_upright, alphabet=alphabet, language=known, fold=fold, most=limits.letters)
        sideways = turn and lines_of_writing.is_sideways(maps)
        best = upright = read(maps, once=sideways)
        glanced = upright.reading.credit
        for turns in _turns_to_try(sideways, upright.reading) if turn else ():
            turned_maps = ink.maps(np.rot90(rgb, -turns).copy())
            glance = read(turned_maps, once=True)
            if not _is_better(glance.reading, glanced):
                continue  # most pictures that are hard to read are the right way up
            glanced = glance.reading.credit
            turned = read(turned_maps)
            if _is_better(turned.reading, max(upright.reading.credit + CLEARLY, best.reading.credit)):
                best = _turned_back(turned, turns, *rgb.shape[:2])
        if sideways and best is upright:
            best = read(maps)
        if not best.reading.letters:
            raise ink.no_ink()
        return best

    def _read_upright(self, maps, alphabet, language, fold, most, once=False):
        """Read maps as they are. most: letters that are read; more are refused before they are decoded. once: with one
        look at each line, whatever doubt it leaves."""
        lines = lines_of_writing.find(maps)
        seen_columns = self.columns([line.strip for line in lines])
        count = sum(map(ctc.count, seen_columns))
        if count > most:
            message = f"The picture has about {count} letters. Cut it into parts of at most {most}."
            raise picture.PictureError("too_many_letters", message)
        written = []
        for line, columns in zip(lines, seen_columns, strict=True):
            found = transcribe.decode(columns, line.strip, alphabet, language, None if once else self.columns)
            if found.words:
                words = [[_found(letter, line, alphabet, fold) for letter in word] for word in found.words]
                boxes = [letter.box for letter in found.letters]
                written.append((words, SeenLine(line, columns, alphabet, boxes)))
        trusted = [one for one in written if any(not letter.unsure for word in one[0] for letter in word)]
        written = trusted or written  # what beside other lines has no letter that can be trusted is no writing
        reading, seen = Reading([words for words, _ in written]), [one for _, one in written]
        alone = self._alone(maps, [one.line for one in seen], reading, alphabet, fold)
        part = maps.box_in_picture(0, 0, *maps.ink.shape[::-1])
        return Explanation(Reading([[[alone]]]) if alone else reading, maps, part, seen, alone is not None)

    def _alone(self, maps, lines, reading, alphabet, fold):
        """The letter of a picture that shows one, or None. Network 3 sees it whole, and knows more forms of letters;
        where the strip was read as more letters than one, the likelier of both readings counts."""
        letters = reading.letters
        if len(letters) > MOST_PIECES or any(
            letter.letter.upper() not in alphabets.ALPHABETS["upper"] for letter in letters
        ):
            return None
        shown = [lines[0] if len(lines) == 1 else maps]
        if len(letters) < 2:
            shown.append(maps.within_edges())  # in case that what the sheet lies on is in the way
        seen = []
        for one in shown:
            with contextlib.suppress(picture.PictureError):  # it has no ink
                frame = ink.frame_of_ink(one.ink)
                seen.append((_candidates(self.probabilities(frame[None]), alphabet)[0], frame, one.ink_box()))
        if not seen:
            return None
        candidates, frame, box = max(seen, key=lambda each: Prediction(each[0]).sureness)
        if not letters and Prediction(candidates).sureness < NO_LETTER_BELOW:
            return None  # neither network sees a letter
        likely = candidates[0][1]
        if len(letters) == 1 and likely < min(ONE_LETTER, reading.confidence):
            return None
        if len(letters) > 1 and likely <= max(ONE_LETTER, reading.confidence):
            return None
        return FoundLetter([(name.upper() if fold else name, share) for name, share in candidates], box, frame)


def _turns_to_try(sideways, upright):
    """By how many quarters a picture may have been turned, judging by the direction of its lines, or by how doubtful
    it is to read as it is."""
    if sideways:
        return 1, 3
    return (2,) if len(upright.letters) >= FEWEST_TURNED and upright.confidence < DOUBTFUL else ()


def _turned_back(seen, turns, height, width):
    """What was seen in a picture, height x width, that was turned to the right by so many quarters, with its boxes as
    they are in the picture."""

    def back(box):
        x, y, w, h = box
        at = {1: (y, height - x - w, h, w), 2: (width - x - w, height - y - h, w, h), 3: (width - y - h, x, h, w)}
        return at[turns]

    lines = seen.reading.words
    words = [[[replace(letter, box=back(letter.box)) for letter in word] for word in line] for line in lines]
    return replace(seen, reading=Reading(words, 90 * turns), part=back(seen.part))


def _is_better(turned, least):
    """Whether a turned picture has letters enough to be judged, and more credit than `least`."""
    return len(turned.letters) >= FEWEST_TURNED and turned.credit > least


def _candidates(probabilities, alphabet):
    """(letter, probability) of each letter of an alphabet, best first, for class probabilities, float32 (N, 53)."""
    folded = alphabets.fold(probabilities, alphabet)
    letters = alphabets.ALPHABETS[alphabet]
    order = np.argsort(-folded, axis=1, kind="stable")
    return [[(letters[i], float(row[i])) for i in best] for row, best in zip(folded, order, strict=True)]


def _marked(name, share, marks):
    """A candidate with each of the marks that it may have: (letter, probability) each."""
    possible = [0, *characters.marks_of(name)[1:]] if share > LIKELY else [0]
    odds = marks[possible] / max(marks[possible].sum(), np.finfo(np.float32).tiny)
    return [
        (characters.compose(name, mark), share * float(chance)) for mark, chance in zip(possible, odds, strict=True)
    ]


def _found(letter, line, alphabet, fold):
    """A letter of a strip as a FoundLetter of the picture."""
    (candidates,) = _candidates(letter.scores[None, : alphabets.NOT_A_LETTER + 1], alphabet)
    if alphabet not in ("upper", "lower"):
        small = letter.scores[26:52] > letter.scores[:26]
        if letter.label < len(alphabets.CLASSES):
            small[letter.label % 26] = letter.label >= 26
        candidates = [(name.lower() if small[ord(name) - 65] else name, share) for name, share in candidates]
    if alphabet in alphabets.WIDER:
        candidates = [marked for one in candidates for marked in _marked(*one, letter.marks)]
        candidates += zip(characters.EXTRA, letter.scores[alphabets.NOT_A_LETTER + 1 :].tolist(), strict=True)
        candidates.sort(key=lambda one: -one[1])
    if fold:
        candidates = [(name if name == "ß" else name.upper(), share) for name, share in candidates]
    x, y, width, height = letter.box
    part = line.strip[max(0, y) : y + height, max(0, x) : x + width].astype(np.float32) / 255
    frame = ink.fit(part) if part.size and part.max() > 0 else np.zeros((ink.SIDE, ink.SIDE), np.uint8)
    return FoundLetter(candidates, line.box(x, y, width, height), frame)
