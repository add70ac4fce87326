"""Strips of real words and labels, for the line network to learn from: `python -m letters.training.words FOLDER`.

The pictures take the way that every picture takes (ink network, lines), so that the line network learns from what it
will be given. The folder holds files as `letters data --source hdbpmn` writes them: `blob`, `off`, `text`, `writer` and
`split`. A fifth of the vocabulary is kept out of the training (`is_held_out`), so that it can be measured how words are
read that were never seen.
"""

import argparse
import re
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from letters import characters, ink, lines, pen
from letters.ctc import OTHER, class_of
from letters.training import drawn_pages

FILES = ("hdbpmn_words.npz", "hdbpmn_labels.npz")
HELD_OUT = 5  # one word in so many
VARIANTS = 4  # strips of each picture: one as it is, the others changed as other cameras would
BLANK = 8000  # drawn pictures without writing, whose remains are strips as well
LONGEST = 1024  # px of a strip


def is_held_out(word: str) -> bool:
    """Whether a word belongs to the fifth of the vocabulary that no training sees; case and punctuation aside."""
    bare = re.sub(r"^[\W_]+|[\W_]+$", "", word.lower())
    return zlib.crc32(bare.encode()) % HELD_OUT == 0


def classes_of(text: str) -> list[int]:
    """The class numbers of a line of text: characters, single spaces, and one OTHER for all that is none of
    `characters.EXTRA` between them."""
    return [label for label, _ in _characters(text)]


def _characters(text: str) -> list[tuple[int, int]]:
    """The class number and the mark of each character of a line of text."""
    found: list[tuple[int, int]] = []
    for character in " ".join(unicodedata.normalize("NFC", text).split()):
        base, mark = characters.decompose(character)
        label = class_of(base)
        if not (found and label == OTHER == found[-1][0]):
            found.append((label, mark))
    return found


def pictures(path: Path, split: str) -> Iterator[tuple[np.ndarray, str, int]]:
    """The pictures of a file's split: (uint8 (H, W, 3) RGB, text with a line for each line of writing, writer)."""
    with np.load(path) as file:
        blob, off, text, writer = (file[name] for name in ("blob", "off", "text", "writer"))
        chosen = np.flatnonzero(file["split"] == pen.SPLITS[split])
    for i in chosen:
        picture = cv2.imdecode(blob[off[i] : off[i + 1]], cv2.IMREAD_COLOR)
        yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), str(text[i]), int(writer[i])


def matched(found: list[lines.Line], text: str, height: float) -> list[tuple[np.ndarray, str]]:
    """Strips and the text of each, for a picture `height` px high, where it is plain which belongs to which.

    A single line of text is that line found which has most ink near the middle of the picture. Of several lines, those
    with most ink count: the others are remains of frames and arrows.
    """
    texts = text.split("\n")
    if len(found) < len(texts):
        return []
    written = np.array([line.strip[10:36].sum() for line in found], float)
    if len(texts) == 1:
        middle = [(line.strip.shape[1] / 2, lines.BASELINE - lines.CAPITAL / 2) for line in found]
        centre = np.array([line.to_picture(np.array([point]))[0, 1] for line, point in zip(found, middle, strict=True)])
        written *= np.exp(-0.5 * ((centre / height - 0.5) / 0.2) ** 2)
    chosen = np.sort(np.argsort(-written)[: len(texts)])
    return [(found[i].strip, one) for i, one in zip(chosen, texts, strict=True)]


def changed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture as another camera, farther off or nearer, would have taken it: uint8 (H, W, 3)."""
    height, width = picture.shape[:2]
    scale, angle = np.exp(rng.normal(0, 0.3)), rng.normal(0, 2.5)
    size = [max(16, round(side * scale)) for side in (width, height)]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    picture = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.2))
    light = (picture / np.float32(255)) ** np.exp(rng.normal(0, 0.3)) * np.exp(rng.normal(0, 0.1, 3))
    light += rng.normal(0, rng.uniform(0, 0.03), picture.shape)
    if rng.random() < 0.1:
        light = 1 - light
    return (light.clip(0, 1) * 255).astype(np.uint8)


def remains(count: int, seed: int = 0) -> list[np.ndarray]:
    """Strips uint8 (48, W) of lines that are found in drawn pictures where nothing is written: remains of frames, of
    desks, of shadows. The line network has to know them for what they are. count: of the pictures."""
    rng = np.random.default_rng([seed, 1])
    letters = drawn_pages.bank(seed)
    found = []
    for _ in range(count):
        picture = drawn_pages.draw(letters, rng, blank=True).picture
        found += [line.strip for line in lines.find(ink.maps(picture)) if line.strip.shape[1] <= LONGEST]
    return found


def strips(folder: Path, seed: int = 0) -> dict[str, np.ndarray]:
    """Strips of the train and validation writers' words and labels, as the line network's training reads them.

    Strips without writing (`remains`) are added, with writer -1.

    Returns `pixels` uint8 (48, sum of widths), `widths`, `counts` of labels, `labels` and `marks` uint8 (sum of
    counts), `writer`, `split`. Train strips have no held-out word and come in VARIANTS. Raises FileNotFoundError.
    """
    found: dict[str, list] = {name: [] for name in ("pixels", "widths", "labels", "marks", "counts", "writer", "split")}
    rng = np.random.default_rng(seed)
    for name in FILES:
        for split, variants in (("train", VARIANTS), ("validation", 1)):
            for picture, text, writer in pictures(Path(folder) / name, split):
                for variant in range(variants):
                    one = changed(picture, rng) if variant else picture
                    for strip, line in matched(lines.find(ink.maps(one)), text, one.shape[0]):
                        labels, marks = zip(*_characters(line), strict=True)
                        unseen = split == "train" and any(is_held_out(word) for word in line.split())
                        if unseen or strip.shape[1] > LONGEST or 4 * len(labels) > strip.shape[1]:
                            continue
                        found["pixels"].append(strip)
                        found["widths"].append(strip.shape[1])
                        found["labels"] += labels
                        found["marks"] += marks
                        found["counts"].append(len(labels))
                        found["writer"].append(writer)
                        found["split"].append(pen.SPLITS[split])
    for strip in remains(BLANK, seed):
        found["pixels"].append(strip)
        found["widths"].append(strip.shape[1])
        found["labels"].append(OTHER)
        found["marks"].append(0)
        found["counts"].append(1)
        found["writer"].append(-1)
        found["split"].append(pen.SPLITS["train"])
    types = {
        "labels": np.uint8,
        "marks": np.uint8,
        "split": np.uint8,
        "widths": np.int32,
        "counts": np.int32,
        "writer": np.int32,
    }
    return {"pixels": np.concatenate(found["pixels"], axis=1)} | {k: np.array(found[k], t) for k, t in types.items()}


def main() -> None:
    """The command: make strips of the words in a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="with " + " and ".join(FILES))
    parser.add_argument("--output", type=Path, default=Path("data/real_strips.npz"))
    options = parser.parse_args()
    made: dict[str, Any] = strips(options.folder)
    part = options.output.with_suffix(".part.npz")
    np.savez(part, **made)
    part.replace(options.output)
    print(f"{len(made['widths'])} strips, {(made['split'] == 0).sum()} to train on, written to {options.output}")


if __name__ == "__main__":
    main()
