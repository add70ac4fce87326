"""Batches of strips for the line reader: drawn ones from a second process, and strips of real words from a file."""

import math
import queue
import signal
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from letters.ctc import BLANK
from letters.lines import BASELINE, CAPITAL, HEIGHT
from letters.training import drawn_lines
from letters.training.line_network import Recipe
from letters.training.strips import Strip


def fits(strip: Strip) -> bool:
    """Whether a strip has columns enough for its labels: CTC needs a blank between equal ones."""
    labels = strip.labels
    return len(labels) + int((labels[1:] == labels[:-1]).sum()) <= strip.pixels.shape[1] // 2


def batch_of(
    strips: Sequence[Strip], rng: np.random.Generator, recipe: Recipe, progress: float = 0.0
) -> tuple[np.ndarray, dict]:
    """What `Trainer` takes: strips float32 (N, 48, W, 1), and its targets. Strips of real words, whose ranges are not
    known, have (0, 2) ranges. progress: share of the training that is over, which the weights of the losses follow."""
    width = -(-max(strip.pixels.shape[1] for strip in strips) // 16) * 16  # few widths, for the sake of caches
    longest = max(1, *(len(strip.labels) for strip in strips))
    pixels = np.zeros((len(strips), HEIGHT, width, 1), np.float32)
    columns = np.full((len(strips), width // 2), BLANK, np.int32)
    marks = np.full((len(strips), width // 2), -1, np.int32)
    labels = np.zeros((len(strips), longest), np.int32)
    known = np.array([len(strip.ranges) == len(strip.labels) for strip in strips], np.float32)
    for i, strip in enumerate(strips):
        pixels[i, :, : strip.pixels.shape[1], 0] = strip.pixels
        labels[i, : len(strip.labels)] = strip.labels
        end = strip.pixels.shape[1] // 2
        if known[i]:
            columns[i, :end], marks[i, :end] = strip.columns(), strip.mark_columns()
        elif not strip.marks.any():
            marks[i, :end] = 0  # wherever its letters are
    powers = np.exp(rng.normal(0, recipe.gamma, (len(strips), 1, 1, 1))).astype(np.float32)
    turned = min(1.0, progress / recipe.turn)
    weights = [a + (b - a) * turned for a, b in (recipe.column_loss, recipe.ctc_loss)] + [recipe.mark_loss]
    return (pixels / 255) ** powers * 255, {
        "columns": columns,
        "marks": marks,
        "labels": labels,
        "lengths": np.array([len(strip.labels) for strip in strips], np.int32),
        "widths": np.array([strip.pixels.shape[1] // 2 for strip in strips], np.int32),
        "known": known,
        "weights": np.tile(np.array(weights, np.float32), (len(strips), 1)),
    }


def read_real(path: Path | str, split: int = 0) -> list[Strip]:
    """Strips of real words: an .npz with `pixels` uint8 (48, sum of widths), `widths`, `labels` and `marks` uint8 (sum
    of counts,), `counts` and `split` (0 train, 1 validation, 2 test; all of it is train where there is none).

    Raises ValueError for a file that is none of these, or whose parts do not fit.
    """
    with np.load(path) as file:
        missing = {"pixels", "widths", "labels", "marks", "counts"} - set(file.files)
        if missing:
            raise ValueError(f"{path}: not a file of strips, it has no {', '.join(sorted(missing))}")
        pixels, widths, counts = file["pixels"], file["widths"], file["counts"]
        labels, marks = file["labels"].astype(np.uint8), file["marks"].astype(np.uint8)
        splits = file["split"] if "split" in file.files else np.zeros(len(widths), np.uint8)
    if (
        pixels.shape != (HEIGHT, widths.sum())
        or len(widths) != len(counts)
        or not len(labels) == len(marks) == counts.sum()
    ):
        raise ValueError(f"{path}: its pixels, widths, labels, marks and counts do not fit together")
    pieces = np.split(pixels, np.cumsum(widths)[:-1], axis=1)
    texts = zip(*(np.split(values, np.cumsum(counts)[:-1]) for values in (labels, marks)), strict=True)
    unknown = np.zeros((0, 2), np.float32)
    strips = [Strip(piece, text, unknown, own) for piece, (text, own) in zip(pieces, texts, strict=True)]
    return [strip for strip, of in zip(strips, splits, strict=True) if of == split and fits(strip)]


def augmented(strip: Strip, rng: np.random.Generator) -> Strip:
    """A strip of a real word, changed: size, aspect, slant, slope, place, softness and thickness of its ink."""
    height, width = strip.pixels.shape
    scale, aspect, slant, slope = np.exp(rng.normal(0, 0.12)), np.exp(rng.normal(0, 0.12)), *rng.normal(0, (0.15, 0.02))
    wide = max(24, 4 * math.ceil(width * scale * aspect / 4 + 1))
    warp = np.array([[scale * aspect, -slant * scale, 0], [slope * scale, scale, 0]])
    anchor = np.array([width / 2, BASELINE - CAPITAL / 2])
    target = np.array([wide / 2, anchor[1] + rng.normal(0, 1.5)])
    warp[:, 2] = target - warp[:, :2] @ anchor
    pixels = cv2.warpAffine(strip.pixels, warp, (wide, height), flags=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.1))
    if rng.random() < 0.3:
        pixels = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(pixels, np.ones((2, 2), np.uint8))
    changed = Strip(pixels, strip.labels, strip.ranges, strip.marks)
    return changed if fits(changed) else strip


def _draw_blocks(blocks, seed: int, first: int, size: int) -> None:
    """Draw block after block of strips into a queue, until the process is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training ends this process
    cv2.setNumThreads(1)
    block = first
    while True:
        blocks.put((block, drawn_lines.draw(size, [seed, 1, block])))
        block += 1


class Drawing:
    """Strips of a second process, fresh ones as far as there are any."""

    BLOCK = 256  # strips drawn at once

    def __init__(self, recipe: Recipe, seed: int, block: int = 0):
        """block: the first to draw, so that a training that goes on sees new strips."""
        self.recipe, self.block, self.drawn = recipe, block, 0
        self.old: list[Strip] = []
        context = get_context("spawn")  # TensorFlow does not survive a fork
        self.blocks = context.Queue(maxsize=16)
        self.process = context.Process(target=_draw_blocks, args=(self.blocks, seed, block, self.BLOCK), daemon=True)
        self.process.start()

    def strips(self, count: int, rng: np.random.Generator) -> list[Strip]:
        """So many strips: new ones, and, where they are not drawn fast enough, old ones again. Raises RuntimeError when
        the drawing has failed."""
        fresh: list[Strip] = []
        while len(fresh) < count:
            needed = len(self.old) + len(fresh) < count
            try:
                block, strips = self.blocks.get(timeout=5 if needed else 0.2)
            except queue.Empty:
                if not self.process.is_alive():
                    raise RuntimeError("the process that draws strips has ended; its error is above") from None
                if needed:
                    continue
                break
            self.block = block + 1
            fresh += [strip for strip in strips if fits(strip)]
        self.drawn += len(fresh)
        again = [self.old[i] for i in rng.integers(len(self.old), size=max(0, count - len(fresh)))]
        self.old = (self.old + fresh)[-self.recipe.pool :]
        return fresh + again

    def close(self) -> None:
        self.process.terminate()
        self.process.join()
