"""Stroke files for tests."""

import numpy as np


def write_strokes(path, letters, labels, **more):
    """A stroke file of these letters, in the layout that `pen.read_strokes` describes."""
    strokes = [stroke for letter in letters for stroke in letter]
    labels = np.asarray(labels)
    np.savez(
        path,
        pts=np.concatenate(strokes).astype(np.uint8),
        stroke_len=[len(stroke) for stroke in strokes],
        n_strokes=[len(letter) for letter in letters],
        y=(labels % 26).astype(np.uint8),
        case=(labels // 26).astype(np.uint8),
        **more,
    )
    return path
