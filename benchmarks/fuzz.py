"""Feed the recognizer thousands of damaged pages. `make fuzz` runs this.

Each picture is a page with several random changes, or a file with changed bytes. The result must be an answer or a
PictureError, within two seconds of processor time and without a warning. The pictures that fail are kept.
"""

import resource
import time
import warnings
from collections.abc import Sequence

import cv2
import numpy as np
from tqdm import tqdm

import letters
from benchmarks.provenance import ROOT
from letters import compose, pen
from letters.picture import PictureError

LIMIT = 2.0  # s of processor time, so that other load on the machine does not count
KEPT = ROOT / "tests" / "screenshots"


def scaled(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = np.exp(rng.uniform(0, np.log(2500), 2)).astype(int)
    return cv2.resize(picture, (max(1, width), max(1, height)), interpolation=int(rng.integers(0, 4)))


def cropped(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    (y0, y1), (x0, x1) = (np.sort(rng.integers(0, side + 1, 2)) for side in picture.shape[:2])
    return picture[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def noisy(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(picture + rng.normal(0, rng.uniform(1, 90), picture.shape), 0, 255).astype(np.uint8)


def specked(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = picture.copy()
    size = rng.integers(1, 9)
    for y, x in rng.random((rng.integers(1, 3000), 2)) * picture.shape[:2]:
        picture[int(y) : int(y) + size, int(x) : int(x) + size] = rng.integers(0, 256)
    return picture


def tiled(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.tile(picture, (*rng.integers(1, 4, 2), 1))[:3000, :3000]


def shuffled(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    blocks = np.array_split(picture, rng.integers(1, 20), axis=rng.integers(2))
    return np.concatenate([blocks[i] for i in rng.permutation(len(blocks)) if blocks[i].shape == blocks[0].shape])


def striped(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = picture.copy()
    picture[:: rng.integers(2, 60)] = rng.integers(0, 256)
    return picture.transpose(1, 0, 2) if rng.random() < 0.5 else picture


def blurred(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 15))


def inverted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 255 - picture


def thresholded(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (picture > rng.integers(0, 256)).astype(np.uint8) * 255


CHANGES = (scaled, cropped, noisy, specked, tiled, shuffled, striped, blurred, inverted, thresholded)


def damaged(pages: Sequence[compose.Page], rng: np.random.Generator) -> np.ndarray | bytes:
    """A picture, or the bytes of a file."""
    picture = pages[rng.integers(len(pages))].picture
    for _ in range(rng.integers(1, 5)):
        picture = np.ascontiguousarray(CHANGES[rng.integers(len(CHANGES))](picture, rng))
        if picture.size == 0:
            return picture
    if rng.random() < 0.8:
        return picture
    kind = (".png", ".jpg", ".webp", ".bmp")[rng.integers(4)]
    data = cv2.imencode(kind, picture)[1]
    if len(data) == 0:  # WebP has no pictures of more than 16,383 pixels a side
        return picture
    data[rng.integers(0, len(data), rng.integers(1, 20))] = rng.integers(0, 256)
    return data[: rng.integers(1, len(data) + 1)].tobytes() if rng.random() < 0.3 else data.tobytes()


def fuzz(count: int = 10_000, seed: int = 0) -> int:
    """Read `count` damaged pages and print the results. Returns 1 if any of them failed, otherwise 0."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of pictures that are then refused
    recognizer = letters.Recognizer.load()
    hands = [pen.draw_hand(i) for i in range(6)]
    texts = ("A", "Hi", "CODE QXZ", "several words\nin lines", "Some More\nOf Them\nAnd Others")
    pages = [compose.page(text, hand, kind) for text in texts for hand in hands for kind in compose.KINDS]
    answers = refusals = 0
    slowest, wrong = 0.0, []
    for i in tqdm(range(count), desc="reading damaged pages", unit=" pages"):
        source = damaged(pages, np.random.default_rng([seed, i]))
        started = time.process_time()
        try:
            reading = recognizer.read(source, language="en" if i % 2 else None)
            chances = [chance for letter in reading.letters for _, chance in letter.candidates]
            if not all(0 <= chance <= 1.001 for chance in chances):
                wrong.append(f"{i}: a probability outside 0 to 1")
            answers += 1
        except PictureError:
            refusals += 1
        except Exception as error:  # any other exception is a finding
            wrong.append(f"{i}: {type(error).__name__}: {error}")
        taken = time.process_time() - started
        slowest = max(slowest, taken)
        if taken > LIMIT:
            wrong.append(f"{i}: {taken:.1f} s")
        if wrong and wrong[-1].startswith(f"{i}:"):
            KEPT.mkdir(exist_ok=True)
            np.save(
                KEPT / f"fuzz_{seed}_{i}.npy",
                np.frombuffer(source, np.uint8) if isinstance(source, bytes) else source,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{answers} answers, {refusals} refusals, {len(wrong)} failures; slowest {slowest:.2f} s, peak memory {peak} MB"
    )
    print("\n".join(wrong[:50]))
    return 1 if wrong else 0
