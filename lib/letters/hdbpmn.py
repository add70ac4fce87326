"""Words and labels cut out of the photos of hdBPMN, a public data set of hand-drawn process diagrams.

Schäfer, van der Aa, Leopold, Stuckenschmidt: *Sketch2BPMN: Automatic Recognition of Hand-drawn BPMN Models*, CAiSE
2021; dwslab/hdBPMN on GitHub, CC BY 4.0. A clone holds

    data/images/ex00/ex00_writer0001.jpg   one photo or scan of a diagram
    data/words/ex00/ex00_writer0001.xml    the boxes of its words in Pascal VOC format, each with its tilt in degrees
    data/writer_split.csv                  writer,split with split train, val or test

The two files that `convert` writes are .npz with the same keys: `blob` uint8 and `off` int64 (JPEG number i is
`blob[off[i]:off[i + 1]]`), `text` str, `writer` int16, `page` str, `split` uint8 (0 train, 1 validation, 2 test, by
writer). Words also have `degree` float32 (tilt) and `overlap` float32 (summed share of the crop that the boxes of other
words cover).

A *box* is (left, top, right, bottom) in px of the upright photo.
"""

import csv
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
from PIL import Image, ImageOps

WORDS, LABELS = "hdbpmn_words.npz", "hdbpmn_labels.npz"
SPLITS = {"train": 0, "val": 1, "test": 2}  # the set's own names, and the numbers of our files

MAX_TILT = 12  # degrees; a crop is level, and a steeper word leaves much of it to others
MIN_HEIGHT = 24  # px of a word's box; smaller ones are too coarse to read
WORD_PADDING = 0.18  # of the height of the box, on each side, in whole px and one more
LABEL_PADDING = 0.38  # of the median height of the label's words, on each side
MAX_WORD_HEIGHT = 88  # px of a crop; larger ones are made smaller
WORD_QUALITY, LABEL_QUALITY = 88, 85  # of the JPEGs
MAX_XML = 4_000_000  # bytes; a word takes about 250

# Words of one label, in units of the median height of the page's words. Lines of a label often overlap (letters that
# descend); labels stand further apart, as their shapes have borders.
WORD_GAP = 0.8  # between neighbours of a line
LINE_GAP = 0.4  # between lines
SAME_LINE = 0.5  # vertical distance of the middles of neighbours in a line
LABEL_WORDS = range(2, 8)  # a label of one word is in the words file


class HdbpmnError(ValueError):
    """A folder that is no clone of hdBPMN, or a file of it that is malformed. The message names the file."""


@dataclass(frozen=True)
class Page:
    """The words of one photo."""

    name: str  # such as ex00_writer0001
    writer: int
    split: int
    texts: list[str]  # of N words
    boxes: np.ndarray  # int64 (N, 4)
    degrees: np.ndarray  # float32 (N,): tilt
    size: tuple[int, int]  # (width, height) of the photo in px
    photo: Path


def convert(folder: str | os.PathLike, output: str | os.PathLike, progress: bool = False) -> tuple[Path, Path]:
    """Cut all words and labels out of a clone of hdBPMN, and write them as WORDS and LABELS into the folder `output`.

    progress: show a bar. Returns the paths of the two files, which are replaced where they exist.
    Raises HdbpmnError.
    """
    from tqdm.auto import tqdm

    words, labels = [], []
    for page in tqdm(list(pages(folder)), desc="cutting out words", unit=" photos", leave=False, disable=not progress):
        photo = read_photo(page)
        words += cut_words(page, photo)
        labels += cut_labels(page, photo)
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    _write(output / WORDS, words)
    _write(output / LABELS, labels)
    return output / WORDS, output / LABELS


# ------------------------------------------------------------------------------------------------ reading


def pages(folder: str | os.PathLike) -> Iterator[Page]:
    """The pages of a clone, in the order of their names. Raises HdbpmnError."""
    data = Path(folder) / "data"
    splits = _read_splits(data / "writer_split.csv")
    paths = sorted((data / "words").glob("*/*.xml"))
    if not paths:
        raise HdbpmnError(f"{data / 'words'}: it has no word boxes (ex00/ex00_writer0001.xml); {_ADVICE}")
    for path in paths:
        writer = path.stem.rpartition("_")[2]
        if writer not in splits:
            raise HdbpmnError(f"{path}: {data / 'writer_split.csv'} does not list its writer, {writer!r}")
        photo = data / "images" / path.parent.name / f"{path.stem}.jpg"
        if not photo.is_file():
            raise HdbpmnError(f"{photo}: this photo is missing; {_ADVICE}")
        texts, boxes, degrees, size = _read_words(path)
        number = int(writer.removeprefix("writer"))
        yield Page(path.stem, number, splits[writer], texts, boxes, degrees, size, photo)


_ADVICE = "clone dwslab/hdBPMN from GitHub and pass the folder of the clone"


def _read_splits(path):
    """{writer name: split number}."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise HdbpmnError(f"{path}: this file is missing; {_ADVICE}") from None
    splits = {}
    for number, row in enumerate(rows, 2):
        writer, split = row.get("writer") or "", row.get("split")
        if not writer.removeprefix("writer").isdecimal() or split not in SPLITS:
            raise HdbpmnError(
                f"{path}, line {number}: expected a writer and train, val or test, such as writer0001,train"
            )
        splits[writer] = SPLITS[split]
    return splits


def _read_words(path):
    """Texts, boxes, degrees and photo size of a Pascal VOC file.

    Boxes are cut off at the edges of the photo; words without a text, or with nothing left of their box, are left out.
    """
    root = _parse(path)
    texts, boxes, degrees = [], [], []
    try:
        size = int(root.findtext("size/width")), int(root.findtext("size/height"))
        for found in root.iter("object"):
            text = (found.findtext("name") or "").strip()
            box = [int(found.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")]
            degree = float(found.findtext("degree"))
            left, top, right, bottom = _padded(box, 0, size)
            if text and left < right and top < bottom:
                texts.append(text)
                boxes.append((left, top, right, bottom))
                degrees.append(degree)
    except TypeError:
        raise HdbpmnError(f"{path}: it is no Pascal VOC file with size, name, degree and bndbox of each word") from None
    except ValueError as error:
        raise HdbpmnError(f"{path}: a size, degree or box is not a number ({error})") from None
    return texts, np.array(boxes, np.int64).reshape(-1, 4), np.array(degrees, np.float32), size


def _parse(path):
    """The root of an XML file. Document types are refused: entities could expand without end."""
    data = path.read_bytes()
    if len(data) > MAX_XML:
        raise HdbpmnError(f"{path}: {len(data)} bytes are too many for the words of one photo")
    try:
        text = data.decode("utf-8-sig")
        if "<!" in text.replace("<!--", ""):
            raise HdbpmnError(f"{path}: it declares a document type, which the files of hdBPMN do not")
        return ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise HdbpmnError(f"{path}: it is not XML in UTF-8 ({error})") from None


def read_photo(page: Page) -> np.ndarray:
    """The photo of a page, upright, uint8 (H, W, 3) RGB. Raises HdbpmnError."""
    try:
        with Image.open(page.photo, formats=("JPEG",)) as file:
            photo = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise HdbpmnError(f"{page.photo}: this photo cannot be opened ({error})") from None
    if photo.size != page.size:
        raise HdbpmnError(f"{page.photo}: the photo has {photo.size} px, its word boxes are for {page.size}")
    return np.asarray(photo)


# ------------------------------------------------------------------------------------------------ cutting


def cut_words(page: Page, photo: np.ndarray) -> list[dict]:
    """The crops of the words of a page, each as what its keys hold in the file, `jpeg` in place of `blob`.

    Words that are tilted by more than MAX_TILT or lower than MIN_HEIGHT are left out; all else is kept, signs, digits
    and the ink of neighbours included.
    """
    found = []
    for i in range(len(page.texts)):
        height = page.boxes[i, 3] - page.boxes[i, 1]
        if abs(page.degrees[i]) > MAX_TILT or height < MIN_HEIGHT:
            continue
        crop = _padded(page.boxes[i], int(WORD_PADDING * height) + 1, page.size)
        others = np.delete(page.boxes, i, axis=0)
        picture = photo[crop[1] : crop[3], crop[0] : crop[2]]
        if picture.shape[0] > MAX_WORD_HEIGHT:
            width = max(1, round(picture.shape[1] * MAX_WORD_HEIGHT / picture.shape[0]))
            picture = cv2.resize(picture, (width, MAX_WORD_HEIGHT), interpolation=cv2.INTER_AREA)
        found.append(
            _of_page(page)
            | {
                "jpeg": _jpeg(picture, WORD_QUALITY),
                "text": page.texts[i],
                "degree": page.degrees[i],
                "overlap": np.float32(_intersections(crop, others).sum() / _area(crop)),
            }
        )
    return found


def cut_labels(page: Page, photo: np.ndarray) -> list[dict]:
    """The crops of the labels of a page, in the size of the photo, as `cut_words` gives those of words.

    The boxes are of single words: a label is what stands close together (`group`). Labels whose crop shows a part of a
    word that is not theirs, or that have a word tilted by more than MAX_TILT, are left out.
    """
    found = []
    for members in group(page.boxes):
        boxes = page.boxes[members]
        padding = int(LABEL_PADDING * np.median(boxes[:, 3] - boxes[:, 1]))
        crop = _padded([*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)], padding, page.size)
        others = np.delete(page.boxes, members, axis=0)
        tilted = np.abs(page.degrees[members]).max() > MAX_TILT
        if len(members) not in LABEL_WORDS or tilted or _intersections(crop, others).any():
            continue
        text = "\n".join(" ".join(page.texts[members[i]] for i in line) for line in lines(boxes))
        picture = photo[crop[1] : crop[3], crop[0] : crop[2]]
        found.append(_of_page(page) | {"jpeg": _jpeg(picture, LABEL_QUALITY), "text": text})
    return found


def group(boxes: np.ndarray) -> list[np.ndarray]:
    """Group the words of a page into labels. boxes: int (N, 4). Returns arrays of word numbers, each in rising order.

    Two words belong together where they are neighbours in a line (WORD_GAP, SAME_LINE) or one stands below the other
    (LINE_GAP), and so do all that are linked by such pairs.
    """
    if len(boxes) == 0:
        return []
    unit = np.median(boxes[:, 3] - boxes[:, 1])
    number = np.arange(len(boxes))
    for i, j in itertools.combinations(range(len(boxes)), 2):
        a, b = boxes[i], boxes[j]
        across = max(a[0], b[0]) - min(a[2], b[2])  # gaps; negative where they overlap
        down = max(a[1], b[1]) - min(a[3], b[3])
        apart = abs(a[1] + a[3] - b[1] - b[3]) / 2
        beside = across <= WORD_GAP * unit and apart <= SAME_LINE * unit
        below = across <= 0 and down <= LINE_GAP * unit
        if beside or below:
            number[number == number[j]] = number[i]
    return [np.flatnonzero(number == each) for each in np.unique(number)]


def lines(boxes: np.ndarray) -> list[list[int]]:
    """The words of a label in reading order: lists of their numbers, one for each line, top to bottom.

    boxes: int (N, 4). From the left, each word joins the line whose last word's middle is the nearest in height, if it
    is within SAME_LINE of the median height and does not lie above or below that word; so lines may be tilted.
    """
    unit = np.median(boxes[:, 3] - boxes[:, 1])
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    found: list[list[int]] = []
    for i in np.argsort(boxes[:, 0], kind="stable").tolist():
        free = [line for line in found if boxes[line[-1], 2] - boxes[i, 0] < 0.5 * unit]
        nearest = min(free, key=lambda line: abs(middle[line[-1]] - middle[i]), default=None)
        if nearest is not None and abs(middle[nearest[-1]] - middle[i]) <= SAME_LINE * unit:
            nearest.append(i)
        else:
            found.append([i])
    return sorted(found, key=lambda line: middle[line].mean())


def _of_page(page):
    return {"writer": page.writer, "page": page.name, "split": page.split}


def _padded(box, padding, size):
    """A box, larger by `padding` px on each side, within a photo of `size`."""
    left, top, right, bottom = (int(side) for side in box)
    return max(0, left - padding), max(0, top - padding), min(size[0], right + padding), min(size[1], bottom + padding)


def _area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def _intersections(crop, boxes):
    """Areas of what boxes, int (N, 4), have in common with a crop: int (N,)."""
    across = np.minimum(boxes[:, 2], crop[2]) - np.maximum(boxes[:, 0], crop[0])
    down = np.minimum(boxes[:, 3], crop[3]) - np.maximum(boxes[:, 1], crop[1])
    return np.maximum(across, 0) * np.maximum(down, 0)


def _jpeg(picture, quality):
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


# ------------------------------------------------------------------------------------------------ writing


def _write(path, found):
    """Write crops as an .npz, which appears when it is whole."""
    kinds = {
        "text": str,
        "writer": np.int16,
        "page": str,
        "split": np.uint8,
        "degree": np.float32,
        "overlap": np.float32,
    }
    keys = [key for key in kinds if not found or key in found[0]]
    arrays = {key: np.array([each[key] for each in found], kinds[key]) for key in keys}
    lengths = [len(each["jpeg"]) for each in found]
    arrays["off"] = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    arrays["blob"] = np.frombuffer(b"".join(each["jpeg"] for each in found), np.uint8)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)
    unfinished.replace(path)
