"""Single letters: accuracy, calibration and refusal on other people's handwriting, compared with simpler readers."""

import contextlib
from pathlib import Path

import numpy as np

from benchmarks import readers
from letters import ink, metrics, negatives, pen
from letters.dataset import LetterSet, read_letters
from letters.picture import PictureError
from letters.recognizer import Recognizer

COVERAGES = (0.8, 0.9, 0.95, 0.99, 1.0)


def is_letter_file(path: Path) -> bool:
    """Whether an .npz holds single letters and nothing else: `y` (0-25) and `case`; one with digits or words does not.

    Raises FileNotFoundError.
    """
    with np.load(path) as file:
        return {"y", "case"} <= set(file.files) and bool((file["y"] < 26).all())


def drawn(count: int = 10_000, seed: int = 2026) -> LetterSet:
    """Letters drawn anew by the pen model, which is also what the networks learnt from: the easiest set."""
    frames, labels = pen.frames(count, seed=seed)
    return LetterSet(frames, labels, np.arange(len(labels)))


def read_folder(folder: Path) -> dict[str, LetterSet]:
    """The test letters of every letter file of a folder, {name: LetterSet}. A file with `xfull`, the pictures as
    scanned, counts twice."""
    sets = {}
    for path in sorted(Path(folder).glob("*.npz")):
        if not is_letter_file(path):
            continue
        sets[path.stem] = read_letters(path)
        with np.load(path) as file:
            as_scanned = "xfull" in file.files
        if as_scanned:
            sets[f"{path.stem}, as scanned"] = read_letters(path, pictures="xfull")
    return sets


def accuracy_table(recognizer: Recognizer, sets: dict[str, LetterSet]) -> list[dict]:
    """Everything measured per set and case: a row each, shares of 1.

    Keys: set, case, letters, writers; for each of `known` and `any` (the case is told or not): accuracy, interval,
    calibration_error, accuracy_at (on the surest COVERAGES of the letters: risk against coverage); refused (the share
    that comes out unsure).
    """
    rows = []
    for name, letters in sets.items():
        for case, word in enumerate(("upper", "lower")):
            part = letters.of_case(case)
            if len(part.labels) == 0:
                continue
            probabilities = recognizer.probabilities(part.frames)
            row = {"set": name, "case": word, "letters": len(part.labels), "writers": len(np.unique(part.writers))}
            for alphabet in ("known", "any"):
                confidence, right = metrics.answers(probabilities, part.labels, alphabet)
                row[alphabet] = {
                    "accuracy": float(right.mean()),
                    "interval": metrics.interval(right, part.writers),
                    "calibration_error": metrics.calibration_error(confidence, right),
                    "accuracy_at": {
                        str(share): metrics.accuracy_at_coverage(confidence, right, share) for share in COVERAGES
                    },
                }
            row["refused"] = float(np.mean([answer.unsure for answer in recognizer.predict(part.frames)]))
            rows.append(row)
    return rows


def refusal(recognizer: Recognizer, letters: np.ndarray, each: int = 2000, seed: int = 2026) -> dict[str, dict]:
    """How well the recognizer tells letters from everything else.

    letters: frames of letters, uint8 (N, 28, 28). They are set against `each` drawn negatives of the kinds that it was
    trained on, against those that were held out, and against the digits 2-9 that scikit-learn ships (8 x 8 pixels, real
    hands). Returns {name: {"auroc", "refused"}}: area under the ROC curve of `Prediction.sureness`, share refused.
    """
    from sklearn.datasets import load_digits
    from sklearn.metrics import roc_auc_score

    digits = load_digits()
    pictures = (digits.images[digits.target > 1] * 15.9).astype(np.uint8)
    frames_of_digits = []
    for picture in pictures:
        with contextlib.suppress(PictureError):  # one in a thousand is too faint at this size, and refused as such
            frames_of_digits.append(ink.frame(picture))
    others = {
        "kinds trained on": negatives.frames(each, seed)[0],
        "kinds held out": negatives.frames(each, seed, held_out=True)[0],
        "digits 2-9 of real hands": np.stack(frames_of_digits),
    }
    sure = [answer.sureness for answer in recognizer.predict(letters)]
    result = {}
    for name, frames in others.items():
        predictions = recognizer.predict(frames)
        confidence = [answer.sureness for answer in predictions]
        truth = np.repeat([1, 0], [len(sure), len(confidence)])
        result[name] = {
            "auroc": float(roc_auc_score(truth, sure + confidence)),
            "refused": float(np.mean([answer.unsure for answer in predictions])),
        }
    return result


def baselines(sets: dict[str, LetterSet], size: int = 30_000, epochs: int = 6, seed: int = 0) -> dict[str, dict]:
    """Simpler readers on the same sets: the original network with its augmentation, with and without the
    mirror; k nearest neighbours and logistic regression on the pixels. All are trained on `size` drawn letters of the
    52 classes. Returns {name: {set: accuracy with the case known}}.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    frames, labels = pen.frames(size, seed=seed)

    def flat(frames):
        return frames.reshape(len(frames), -1).astype(np.float32) / 255

    def original(flip):
        model = readers.original_network(size, epochs, seed, flip)
        return lambda frames: model.predict(frames[..., None], verbose=0)

    def classic(model):
        model.fit(flat(frames), labels)
        return lambda frames: model.predict_proba(flat(frames))

    makers = {
        "original network and recipe": lambda: original(flip=True),
        "the same without the mirror": lambda: original(flip=False),
        "5 nearest neighbours": lambda: classic(KNeighborsClassifier(5, weights="distance")),
        "logistic regression": lambda: classic(LogisticRegression(C=0.05, max_iter=200)),
    }
    result = {}
    for name, make in makers.items():
        print(f"training a baseline: {name}", flush=True)
        read = make()
        result[name] = {key: metrics.accuracy(read(part.frames), part.labels) for key, part in sets.items()}
    return result
