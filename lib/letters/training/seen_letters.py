"""Single letters as network 1 sees them in pictures, and what it sees on bare paper, for network 3 to learn from.

    python -m letters.training.seen_letters --output FILE

The letters stand on the papers and in the light that the ink network has learned from (`drawn_pages`). Its ink becomes
a frame as `Recognizer.read` makes one: with gaps, grain, and remains of frames and shadows. FILE has the arrays `x`
uint8 (N, 28, 28) and `label`, 0-51, or NOT_A_LETTER where nothing was written.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from letters import ink, lines
from letters.alphabet import NOT_A_LETTER
from letters.training import drawn_pages

COUNT = 40_000  # pictures
BLOCK = 1000  # of them are drawn with the letters of one bank
BLANK = 0.5  # share of the pictures on which nothing is written; in most of them, no ink is found
FOUND = 0.6  # intersection over union of a box of ink with that of the letter, from which it shows the letter


def frames(maps: ink.Maps) -> Iterator[tuple[np.ndarray, tuple[int, int, int, int]]]:
    """The frames that a letter in a picture may be read from, and the boxes of their ink: that of its only line, or of
    all ink; and that of the ink which does not reach an edge."""
    found = lines.find(maps)
    for shown in (found[0] if len(found) == 1 else maps, maps.within_edges()):
        if shown.ink.max() > ink.WRITTEN:
            yield ink.frame_of_ink(shown.ink), shown.ink_box()


def see(seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Frames uint8 (N, 28, 28) and labels uint8 (N,) of BLOCK pictures. Frames that show something beside a letter
    are left out: it may look like another letter."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    letters = drawn_pages.bank(int(rng.integers(2**31)))
    seen, labels = [], []
    for _ in range(BLOCK):
        blank = rng.random() < BLANK
        page, label = (drawn_pages.draw_bare(rng), NOT_A_LETTER) if blank else drawn_pages.draw_letter(letters, rng)
        written = cv2.boundingRect((page.ink > 127).astype(np.uint8))
        for frame, box in frames(ink.maps(page.picture)):
            if blank or overlap(box, written) >= FOUND:
                seen.append(frame)
                labels.append(label)
    return np.array(seen, np.uint8).reshape(-1, ink.SIDE, ink.SIDE), np.array(labels, np.uint8)


def overlap(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> float:
    """The intersection over union of two boxes (x, y, width, height)."""
    corners = [np.array([(x, y), (x + width, y + height)]) for x, y, width, height in (first, second)]
    low, high = np.maximum(corners[0][0], corners[1][0]), np.minimum(corners[0][1], corners[1][1])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    union = sum(float(np.prod(high - low)) for low, high in corners) - shared
    return shared / union if union else 0.0


def main() -> None:
    """The command: draw pictures, and write what the ink network sees in them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--output", type=Path, default=Path("data/seen_letters.npz"))
    options = parser.parse_args()
    seeds = [[0, 3, block] for block in range(COUNT // BLOCK)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        blocks = list(processes.map(see, seeds))
    shown, labels = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    np.savez_compressed(options.output, x=shown, label=labels)
    print(f"{len(labels)} frames, {(labels == NOT_A_LETTER).sum()} without a letter, written to {options.output}")


if __name__ == "__main__":
    main()
