"""What drawn letters teach about real ones, and real ones about drawn ones."""

from pathlib import Path

import numpy as np

from benchmarks import provenance
from letters import metrics, pen, writing
from letters.training import classic

RESULT = provenance.RESULTS["transfer"]


def transfer(strokes: Path, path: Path = RESULT, size: int = 20_000, epochs: int = 10, seed: int = 0) -> dict:
    """Train the classic network on as many drawn as real letters, all rendered alike, and test it on both.

    strokes: a stroke file with a split, see `pen.read_strokes`. path: gets the table as JSON, and how it was made.
    Returns {trained on: {tested on: accuracy, with the case known}}. Raises StrokeFileError or FileNotFoundError.
    """
    from letters import augment

    with np.load(strokes) as file:
        if "split" not in file.files:
            raise pen.StrokeFileError(f"{strokes}: it has no split, so that nothing is left to test on")
    real, real_labels = pen.read_strokes(strokes)
    chosen = np.random.default_rng(seed).permutation(len(real))[:size]
    train = {
        "real letters": (writing.render([real[i] for i in chosen], seed=seed), real_labels[chosen]),
        "drawn letters": pen.frames(len(chosen), seed=seed),
    }
    hands = pen.read_writers(strokes).values()
    pairs = [(letter, label) for hand in hands for label, letters in hand.items() for letter in letters]
    test = {
        "real letters": (
            writing.render([letter for letter, _ in pairs], seed=seed + 1),
            np.array([label for _, label in pairs]),
        ),
        "drawn letters": pen.frames(len(pairs), seed=seed + 1),
    }
    result = {}
    for name, letters in train.items():
        model = classic.train(*letters, augment.Augmentation(), epochs, 52, seed)
        result[name] = {
            other: metrics.accuracy(model.predict(frames[..., None], verbose=0), labels)
            for other, (frames, labels) in test.items()
        }
    about = provenance.describe("make transfer STROKES=file.npz", seed, uses_networks=False)
    about["data"] = {Path(strokes).name: provenance.sha256(Path(strokes))}
    figures = {"trained on": len(chosen), "epochs": epochs, "tested on": len(pairs), "accuracy": result}
    provenance.write({"provenance": about, **figures}, path)
    return result
