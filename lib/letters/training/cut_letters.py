"""Single letters cut out of strips of real words, for the letter network to learn from.

    python -m letters.training.cut_letters STRIPS --output FILE

STRIPS is a file that `letters.training.words` wrote. The line network finds the columns of each letter of the known
text (forced alignment), and the letter's ink becomes a frame, with whatever the neighbouring letters leave in its box.
FILE has the arrays `x` uint8 (N, 28, 28), `y` (0-25), `case` (0 upper, 1 lower) and `split`, as letter files have them.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from letters import boxes, ctc, decoder, ink
from letters.recognizer import Recognizer
from letters.training.line_batches import read_real

AGREED = 0.4  # probability that the line network must give the letter of the text, case aside
POSSIBLE = 0.05  # probability that the letter network must give it: else, ink of another letter was cut out
ONE_CASE = 0.2  # share of a letter's probability that its case must have, or else the other case is meant


def cut(strip: np.ndarray, labels: np.ndarray, columns: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """The letters of a strip as frames, uint8 (28, 28), and their classes, 0-51, where the network agrees to the text.

    strip: uint8 (48, W). labels: what it says, classes of columns. columns: float32 (W / 2, 88), of the line network.
    Writers mix cases, and transcribers guess them: where the network is sure of the other case, that is the class.
    A strip with something between its letters that has no class, or with too few columns for its text, gives none.
    """
    try:
        text = "".join(map(ctc.symbol, labels))
        segments = decoder.align(ctc.fold(columns), text)
    except ValueError:  # no class, or too few columns
        return
    inked = labels != ctc.SPACE
    labels, segments = labels[inked], segments[inked]
    scores = decoder.class_probabilities(columns, segments)
    found = boxes.letter_boxes(strip, segments, ctc.others(columns, segments))
    for label, score, (x, y, width, height) in zip(labels, scores, found, strict=True):
        part = strip[max(0, y) : y + height, max(0, x) : x + width].astype(np.float32) / 255
        if label >= ctc.SPACE or part.size == 0 or part.max() <= 0:
            continue
        either = score[label % 26] + score[label % 26 + 26]
        if either < AGREED:
            continue
        if score[label] < ONE_CASE * either:
            label = (label + 26) % 52
        yield ink.fit(part), int(label)


def main() -> None:
    """The command: cut the letters out of a file of strips."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("strips", type=Path, help="written by letters.training.words")
    parser.add_argument("--output", type=Path, default=Path("data/cut_letters.npz"))
    options = parser.parse_args()
    recognizer = Recognizer.load()
    frames, labels, splits = [], [], []
    for split in (0, 1):
        for strip in read_real(options.strips, split):
            columns = recognizer.columns([strip.pixels])[0][:, : ctc.COLUMN_CLASSES]
            for frame, label in cut(strip.pixels, strip.labels, columns):
                frames.append(frame)
                labels.append(label)
                splits.append(split)
    shown, classes = np.stack(frames), np.array(labels, np.uint8)
    seen = recognizer.probabilities(shown)
    either = seen[:, :26] + seen[:, 26:52]
    kept = either[np.arange(len(classes)), classes % 26] > POSSIBLE
    arrays = {"x": shown, "y": classes % 26, "case": classes // 26, "split": np.array(splits, np.uint8)}
    np.savez_compressed(options.output, **{name: values[kept] for name, values in arrays.items()})
    print(f"{kept.sum()} of {len(kept)} letters written to {options.output}")


if __name__ == "__main__":
    main()
