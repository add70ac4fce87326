"""Accuracy, calibration and refusal on handwriting from elsewhere, and the benchmark that `make benchmark` runs."""

import contextlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from letters import alphabet as alphabets
from letters import compose, ink, negatives, pen
from letters.picture import PictureError

COVERAGES = (0.8, 0.9, 0.95, 0.99, 1.0)
RESULTS = Path(__file__).resolve().parents[2] / "models" / "benchmark.json"
TRANSFER = RESULTS.with_name("transfer.json")


@dataclass(frozen=True)
class LetterSet:
    """Labelled letters of several writers."""

    frames: np.ndarray  # uint8 (N, 28, 28)
    labels: np.ndarray  # uint8 (N,): class numbers
    writers: np.ndarray  # int (N,): one number a writer; where a set has none, one a letter

    def of_case(self, case):
        """Its capitals (0) or its small letters (1)."""
        chosen = self.labels // 26 == case
        return LetterSet(self.frames[chosen], self.labels[chosen], self.writers[chosen])


def read_letters(path, split="test", pictures="x"):
    """Read labelled pictures from an .npz with `x` uint8 (N, H, W), `y` (0-25) and `case` (0 upper, 1 lower).

    Where it has `split` (0 train, 1 validation, 2 test), only that of this name is read; where it has `writer`, these
    are kept. pictures: the key to read them from. Returns a LetterSet, with frames made by `letters.ink`.
    Raises ValueError for a file of another kind, FileNotFoundError.
    """
    with np.load(path) as file:
        missing = {pictures, "y", "case"} - set(file.files)
        if missing:
            raise ValueError(f"{path}: no letters to read, it has no {', '.join(sorted(missing))}")
        labels = file["y"].astype(np.uint8) + 26 * file["case"].astype(np.uint8)
        chosen = file["split"] == pen.SPLITS[split] if "split" in file.files else np.ones(len(labels), bool)
        writers = file["writer"] if "writer" in file.files else np.arange(len(labels))
        frames = np.stack([ink.frame(picture) for picture in file[pictures][chosen]])
    return LetterSet(frames, labels[chosen], writers[chosen])


def read_folder(folder):
    """Every letter file of a folder: {name: LetterSet}. A file with `xfull`, the pictures as scanned, counts twice."""
    sets = {}
    for path in sorted(Path(folder).glob("*.npz")):
        sets[path.stem] = read_letters(path)
        with np.load(path) as file:
            as_scanned = "xfull" in file.files
        if as_scanned:
            sets[f"{path.stem}, as scanned"] = read_letters(path, pictures="xfull")
    return sets


# ------------------------------------------------------------------------------------------------ measures


def answers(probabilities, labels, alphabet="known"):
    """What a reader of these probabilities says: (confidence float (N,), right bool (N,)).

    probabilities: float (N, 52 or 53). labels: uint8 (N,) class numbers. alphabet: `known` tells the reader the case of
    each letter; `any` does not, and either case of the right letter counts.
    """
    if alphabet == "any":
        folded = alphabets.fold(probabilities, "any")
    else:
        upper, lower = (alphabets.fold(probabilities, name) for name in ("upper", "lower"))
        folded = np.where((labels < 26)[:, None], upper, lower)
    return folded.max(axis=1), folded.argmax(axis=1) == labels % 26


def accuracy(probabilities, labels, alphabet="known"):
    """Top-1 accuracy, a float of 0..1; see `answers`."""
    return float(answers(probabilities, labels, alphabet)[1].mean())


def calibration_error(confidence, right, bins=15):
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599), a float of 0..1: the mean difference of
    confidence and accuracy over bins of equal width, weighted by their letters."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    off = [abs(confidence[bin_of == i].sum() - right[bin_of == i].sum()) for i in np.unique(bin_of)]
    return float(np.sum(off) / len(confidence))


def fit_temperature(probabilities, labels):
    """The temperature (Guo et al. 2017) that makes the probabilities of letters, case known, most likely.

    probabilities: float (N, 52 or 53). labels: uint8 (N,). Returns a float; above 1 the network is overconfident.
    """

    def loss(temperature):
        sharpened = probabilities ** (1 / temperature)
        sharpened /= sharpened.sum(axis=1, keepdims=True)
        upper, lower = (alphabets.fold(sharpened, name) for name in ("upper", "lower"))
        folded = np.where((labels < 26)[:, None], upper, lower)
        return -np.log(np.maximum(folded[np.arange(len(labels)), labels % 26], 1e-9)).mean()

    candidates = np.linspace(0.4, 2, 161)
    return float(candidates[np.argmin([loss(temperature) for temperature in candidates])])


def interval(right, writers, repeats=1000, seed=0):
    """95 % interval of an accuracy: percentiles of a bootstrap over writers, whose letters stay together."""
    _, writer = np.unique(writers, return_inverse=True)
    count = np.bincount(writer)
    good = np.bincount(writer, weights=right)
    drawn = np.random.default_rng(seed).integers(len(count), size=(repeats, len(count)))
    shares = good[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    return [float(value) for value in np.percentile(shares, (2.5, 97.5))]


def accuracy_at_coverage(confidence, right, coverage):
    """Accuracy on the share of letters that the reader is surest of: the risk-coverage curve at a point."""
    surest = np.argsort(-confidence, kind="stable")[: max(1, round(coverage * len(right)))]
    return float(right[surest].mean())


def accuracy_table(recognizer, sets):
    """Everything measured per set and case: a list of dictionaries, shares of 1.

    sets: {name: LetterSet}. Keys: set, case, letters, writers; for each of `known` and `any` (the case is told or not):
    accuracy, interval, calibration_error, accuracy_at (on the surest COVERAGES of the letters: risk against coverage);
    refused (share that comes out unsure).
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
                confidence, right = answers(probabilities, part.labels, alphabet)
                row[alphabet] = {
                    "accuracy": float(right.mean()),
                    "interval": interval(right, part.writers),
                    "calibration_error": calibration_error(confidence, right),
                    "accuracy_at": {str(share): accuracy_at_coverage(confidence, right, share) for share in COVERAGES},
                }
            row["refused"] = float(np.mean([answer.unsure for answer in recognizer.predict(part.frames)]))
            rows.append(row)
    return rows


def refusal(recognizer, letters, seed=2026, each=2000):
    """How well the recogniser tells letters from what is none.

    letters: frames of letters, uint8 (N, 28, 28). They are set against drawn negatives of the kinds that it was trained
    on, against those that were held out, and against the digits 2-9 that scikit-learn ships (8 x 8 pixels, real hands).
    Returns {name: {"auroc", "refused"}}: area under the ROC curve of `Prediction.sureness`, share refused.
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


# what letters are put through, and how much of it
STRESSES = {
    "rotation (degrees)": (-45, -30, -20, -10, 0, 10, 20, 30, 45),
    "height of the letter (px)": (8, 10, 12, 16, 24, 48, 96),
    "width of the pen (% of the letter)": (2, 4, 7, 10, 15, 20, 25),
    "blur (sigma, % of the letter)": (0, 2, 4, 6, 8, 10),
    "noise (grey levels)": (0, 10, 20, 30, 45, 60),
}


def stressed(letters, stress, amount, seed=0):
    """Frames of letters that are plainly written, but for one thing: `amount` of a stress of STRESSES.

    letters: lists of float (n, 2) strokes. Returns uint8 (N, 28, 28), black where no ink was found any more.
    """
    rng = np.random.default_rng(seed)
    angle = np.radians(amount) if stress.startswith("rotation") else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    width = amount / 100 if stress.startswith("width") else 0.07
    frames = []
    for strokes in letters:
        picture = 255 - ink.draw_strokes([stroke @ turn.T for stroke in strokes], width)
        if stress.startswith("height"):
            scale = amount / ink.CANVAS
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if stress.startswith("blur") and amount:
            picture = cv2.GaussianBlur(picture, (0, 0), amount / 100 * ink.CANVAS)
        if stress.startswith("noise"):
            picture = np.clip(picture + rng.normal(0, amount, picture.shape), 0, 255).astype(np.uint8)
        try:
            frames.append(ink.frame(picture))
        except PictureError:
            frames.append(np.zeros((ink.SIDE, ink.SIDE), np.uint8))
    return np.stack(frames)


def occlusion(recognizer, frame, class_number, patch=5):
    """How much the probability of a class falls when a black patch covers each place of a frame (Zeiler & Fergus 2014,
    arXiv:1311.2901, section 4.2). Returns float32 (28, 28)."""
    half = patch // 2
    covered = np.repeat(frame[None], ink.SIDE**2, axis=0)
    for i, (y, x) in enumerate(np.ndindex(ink.SIDE, ink.SIDE)):
        covered[i, max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] = 0
    plain = recognizer.probabilities(frame[None])[0, class_number]
    return (plain - recognizer.probabilities(covered)[:, class_number]).reshape(ink.SIDE, ink.SIDE)


def speed(recognizer, letters=4000):
    """What this machine does in a second: letters drawn and rendered on all cores, letters read one by one and in
    batches on one core. Returns {"drawn_per_second", "milliseconds_one_letter", "read_per_second"}."""
    pen.frames(pen.BLOCK * 4)  # a warm-up, and the model is loaded
    started = time.perf_counter()
    frames, _ = pen.frames(5 * letters)
    drawn = 5 * letters / (time.perf_counter() - started)
    recognizer.probabilities(frames[:256])
    started = time.perf_counter()
    for frame in frames[:300]:
        recognizer.probabilities(frame[None])
    one = (time.perf_counter() - started) / 300
    started = time.perf_counter()
    recognizer.probabilities(frames[:letters])
    read = letters / (time.perf_counter() - started)
    return {
        "drawn_per_second": round(drawn),
        "milliseconds_one_letter": round(one * 1000, 3),
        "read_per_second": round(read),
    }


# ----------------------------------------------------------------------------------------------- benchmark


def baselines(sets, size=50_000, epochs=8, seed=0):
    """What simpler readers make of the same sets: the original network with its augmentation, with and without the
    mirror; k nearest neighbours and logistic regression on the pixels. All are trained on the embedded data set of
    `size` letters, 52 classes. Takes about ten minutes. Returns {name: accuracy with the case known, per set}.
    """
    import dataclasses

    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    from letters import augment, cnn

    frames, labels = pen.frames(size, seed=seed)

    def flat(frames):
        return frames.reshape(len(frames), -1).astype(np.float32) / 255

    def original(recipe):
        model = cnn.train_original(frames, labels, recipe, epochs, 52, seed)
        return lambda frames: model.predict(frames[..., None], verbose=0)

    def classic(model):
        model.fit(flat(frames), labels)
        return lambda frames: model.predict_proba(flat(frames))

    readers = {
        "original network and recipe": lambda: original(augment.RECIPE),
        "the same without the mirror": lambda: original(dataclasses.replace(augment.RECIPE, flip=False)),
        "5 nearest neighbours": lambda: classic(KNeighborsClassifier(5, weights="distance")),
        "logistic regression": lambda: classic(LogisticRegression(C=0.05, max_iter=200)),
    }
    result = {}
    for name, make in readers.items():
        print(f"baseline: {name}", flush=True)
        read = make()
        result[name] = {key: accuracy(read(letters.frames), letters.labels) for key, letters in sets.items()}
    return result


def ablation(augmentations, train, test, epochs, seeds=(0, 1, 2)):
    """What each augmentation is worth: the classic network, trained on the same few letters with one after the other.

    augmentations: {name: Augmentation}. train, test: (frames uint8 (N, 28, 28), labels 0..25). Returns
    {name: bool (seeds, N)}, whether each test letter was read rightly.
    """
    from letters import cnn

    frames, labels = test

    def right(augmentation, seed):
        model = cnn.train_original(*train, augmentation, epochs, seed=seed, batch=32)
        return model.predict(frames[..., None], verbose=0).argmax(axis=1) == labels

    return {name: np.array([right(one, seed) for seed in seeds]) for name, one in augmentations.items()}


def transfer(strokes, path=TRANSFER, size=20_000, epochs=10, seed=0):
    """What drawn letters teach about real ones, and real ones about drawn: the classic network, trained on as many of
    either, all rendered alike, and tested on both.

    strokes: a stroke file with a split, see `pen.read_strokes`. path: gets the table as JSON, and how it was made.
    Returns {trained on: {tested on: accuracy, with the case known}}. Raises StrokeFileError or FileNotFoundError.
    """
    from letters import augment, cnn

    with np.load(strokes) as file:
        if "split" not in file.files:
            raise pen.StrokeFileError(f"{strokes}: it has no split, so that nothing is left to test on")
    real, real_labels = pen.read_strokes(strokes)
    chosen = np.random.default_rng(seed).permutation(len(real))[:size]
    train = {
        "real letters": (ink.render([real[i] for i in chosen], seed=seed), real_labels[chosen]),
        "drawn letters": pen.frames(len(chosen), seed=seed),
    }
    hands = pen.read_writers(strokes).values()
    pairs = [(letter, label) for hand in hands for label, letters in hand.items() for letter in letters]
    test = {
        "real letters": (ink.render([letter for letter, _ in pairs], seed=seed + 1), np.array([y for _, y in pairs])),
        "drawn letters": pen.frames(len(pairs), seed=seed + 1),
    }
    result = {}
    for name, letters in train.items():
        model = cnn.train_original(*letters, augment.Augmentation(), epochs, 52, seed)
        result[name] = {
            other: accuracy(model.predict(frames[..., None], verbose=0), labels)
            for other, (frames, labels) in test.items()
        }
    _write({"trained on": len(chosen), "epochs": epochs, "tested on": len(pairs), "accuracy": result}, path)
    return result


# --------------------------------------------------------------------------------------------------- pages


def edits(truth, read):
    """Letters to insert, delete or change to get from one text to another (Levenshtein); case and kind of white space
    do not count. Returns (edits, length of the truth)."""
    truth, read = (np.array(list(" ".join(text.upper().split()))) for text in (truth, read))
    columns = np.arange(len(read) + 1)
    row = columns
    for i, char in enumerate(truth, 1):
        changed = np.concatenate([[i], np.minimum(row[1:] + 1, row[:-1] + (read != char))])
        row = np.minimum.accumulate(changed - columns) + columns  # and what has to be inserted
    return int(row[-1]), len(truth)


def read_hands(folder):
    """The hands of all stroke files of a folder that can write words: lists of letters of each class."""
    hands = []
    for path in sorted(Path(folder).glob("*.npz")):
        with np.load(path) as file:
            if not {"pts", "writer"} <= set(file.files):
                continue
        hands += [hand for hand in pen.read_writers(path).values() if len(hand) >= 26]
    return hands


def compose_pages(hands, each=30, seed=2026):
    """Pages of words and of random letters, each kind of picture `each` times: {(text, kind): [compose.Page]}.

    The hands take turns, and the same hands write the same texts for every kind of picture.
    """
    pages = {}
    for codes in (False, True):
        rng = np.random.default_rng([seed, codes])
        turns = [hands[i] for _ in range(-(-each // len(hands))) for i in rng.permutation(len(hands))][:each]
        texts = [compose.text(hand, rng, int(rng.integers(1, 6)), codes) for hand in turns]
        for kind in compose.KINDS:
            pages["random letters" if codes else "words", kind] = [
                compose.page(text, hand, kind, [seed, codes, i, compose.KINDS.index(kind)])
                for i, (text, hand) in enumerate(zip(texts, turns, strict=True))
            ]
    return pages


def read_pages(pages, read):
    """How well `read`, a function of a picture that returns its text, reads pages.

    Returns {"cer": character error rate, "cer_capitals": of the pages that are all in capitals, None where there are
    none, "words": share of the words that are right, "seconds": median time}.
    """
    times, counts, right, words = [], [], 0, 0
    for page in pages:
        started = time.perf_counter()
        answer = read(page.picture)
        times.append(time.perf_counter() - started)
        counts.append(edits(page.text, answer))
        truth = page.text.upper().split()
        words += len(truth)
        right += sum((Counter(truth) & Counter(answer.upper().split())).values())
    counts = np.array(counts)
    capitals = counts[[page.text.isupper() for page in pages]]
    return {
        "cer": _rate(counts),
        "cer_capitals": _rate(capitals) if len(capitals) else None,
        "words": right / words,
        "seconds": float(np.median(times)),
    }


def _rate(counts):
    """Character error rate of counts, int (N, 2): edits and length of each page."""
    wrong, length = counts.sum(axis=0)
    return float(wrong / length)


def page_table(recognizer, hands, each=30):
    """Character error rates of pages of these hands, read without and with the language, and by tesseract and RapidOCR,
    where they are installed: a list of rows."""

    def plain(picture):
        return _text(recognizer, picture, None)

    def english(picture):
        return _text(recognizer, picture, "en")

    readers = {"ours": plain, "ours, English": english}
    if shutil.which("tesseract"):
        readers["tesseract"] = _tesseract
    if importlib.util.find_spec("rapidocr"):
        readers["RapidOCR"] = _rapidocr()
    recognizer.read(np.pad(np.zeros((9, 9), np.uint8), 9, constant_values=255), language="en")  # load the words
    rows = []
    for (text, kind), pages in compose_pages(hands, each).items():
        letters = sum(len(page.boxes) for page in pages)
        for name, read in readers.items():
            rows.append({"text": text, "kind": kind, "letters": letters, "reader": name, **read_pages(pages, read)})
    return rows


def _text(recognizer, picture, language):
    try:
        return recognizer.read(picture, language=language).text
    except PictureError:
        return ""


def _tesseract(picture):
    png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
    command = ["tesseract", "stdin", "stdout", "--psm", "6"]
    return subprocess.run(command, input=png, capture_output=True, check=True).stdout.decode()


def _rapidocr():
    """A reader of pictures with RapidOCR (PP-OCR), which finds pieces of lines: they are put together again."""
    from rapidocr import RapidOCR

    read = RapidOCR(params={"Global.log_level": "error"})

    def middle(piece):
        return piece[0][:, 1].mean()

    def read_page(picture):
        found = read(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        lines = []
        pieces = zip(found.boxes, found.txts, strict=True) if found.txts else []
        for box, text in sorted(pieces, key=middle):
            y = middle((box, text))
            if not lines or y - lines[-1][0] > 0.5 * np.ptp(box[:, 1]):
                lines.append((y, []))
            lines[-1][1].append((box[:, 0].min(), text))
        return "\n".join(" ".join(text for _, text in sorted(line)) for _, line in lines)

    return read_page


# ------------------------------------------------------------------------------------------------ benchmark


def benchmark(recognizer, folder=None, path=RESULTS, with_baselines=False, pages=30):
    """Measure the recogniser on newly drawn letters and on every letter file of a folder, and write it as JSON.

    folder: of .npz files as `read_letters` takes them; without one, only drawn letters are read.
    with_baselines: train and measure simpler readers, too. pages: of each text and kind. Returns what was written.
    """
    frames, labels = pen.frames(10_000, seed=2026)
    sets = {"drawn letters": LetterSet(frames, labels, np.arange(len(labels)))}
    if folder:
        sets |= read_folder(folder)
    hands = (read_hands(folder) if folder else []) or [pen.draw_hand(i) for i in range(20)]
    letters = np.concatenate([each.frames for name, each in sets.items() if name != "drawn letters" or len(sets) == 1])
    result = {
        "model": recognizer.path.name,
        "accuracy": accuracy_table(recognizer, sets),
        "refusal": refusal(recognizer, letters),
        "pages": page_table(recognizer, hands, pages),
        "speed": speed(recognizer),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
    }
    if with_baselines:
        result["baselines"] = baselines(sets)
    return _write(result, path)


def _write(result, path):
    result = _rounded(result)
    Path(path).write_text(json.dumps(result, indent=1) + "\n")
    return result


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


def report(result):
    """The benchmark's results as text for a terminal."""
    lines = [f"{'set':24}{'case':7}{'letters':>8}{'case known':>12}{'95 % interval':>16}{'ECE':>7}{'any case':>10}"]
    lines[0] += f"{'ECE':>7}{'refused':>9}"
    for row in result["accuracy"]:
        known, either = row["known"], row["any"]
        low, high = known["interval"]
        lines.append(
            f"{row['set']:24}{row['case']:7}{row['letters']:8,}{known['accuracy']:12.2%}"
            f"{f'{low:.1%} - {high:.1%}':>16}{known['calibration_error']:7.1%}{either['accuracy']:10.2%}"
            f"{either['calibration_error']:7.1%}{row['refused']:9.1%}"
        )
    lines += ["", f"{'letters against':28}{'AUROC':>7}{'refused':>9}"]
    lines += [f"{name:28}{row['auroc']:7.3f}{row['refused']:9.1%}" for name, row in result["refusal"].items()]
    lines += ["", f"{'pages of':16}{'kind':9}{'read by':16}{'CER':>7}{'capitals':>10}{'words':>8}{'seconds':>9}"]
    for row in result["pages"]:
        capitals = "" if row["cer_capitals"] is None else f"{row['cer_capitals']:.1%}"
        line = f"{row['text']:16}{row['kind']:9}{row['reader']:16}{row['cer']:7.1%}{capitals:>10}"
        lines.append(f"{line}{row['words']:8.1%}{row['seconds']:9.3f}")
    for name, row in result.get("baselines", {}).items():
        lines += ["", f"{name}: " + ", ".join(f"{key} {value:.1%}" for key, value in row.items())]
    lines += ["", *(f"{name.replace('_', ' ')}: {value:,}" for name, value in result["speed"].items())]
    return "\n".join(lines)
