"""How fast any number of pages is read: measured here, to reckon what more machines would bring.

`make benchmark-scale` measures on this machine and writes models/scale.json. The pages to read are composed
(`letters.compose`), about 60 letters each.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dask.distributed import Client

from benchmarks import provenance
from letters import bulk, compose, pen

RESULT = provenance.RESULTS["scale"]
HANDS = 4
DISTINCT = 48  # pages that are composed; then they repeat, as reading one again takes as long
BATCH = 8  # pages: few, so that the workers of a short run end together
EMPTY = 500  # batches without work, which show what handing one out takes
CHECKED = 16  # files of results that are looked through, of a page each
ONE_WORKER = 10_000  # letters at most that one worker reads alone: half a minute


def write_pages(folder: str | os.PathLike, letters: int, seed: int = 0) -> dict[str, str]:
    """Write pages of handwriting, of all kinds in turn, as JPEG files, until they have so many letters.

    The same arguments give the same pages. Returns {path: text}, in order of the paths. Raises FileExistsError where
    the folder has such pages already.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths, texts, written = [], [], 0
    while written < letters:
        i = len(paths)
        paths.append(folder / f"page-{i:06}.jpg")
        if i < DISTINCT:
            text, jpeg = _page(i, seed)
            with paths[i].open("xb") as file:
                file.write(jpeg)
        else:
            text = texts[i % DISTINCT]
            paths[i].hardlink_to(paths[i % DISTINCT])
        texts.append(text)
        written += count(text)
    return dict(zip(map(str, paths), texts, strict=True))


def count(text: str) -> int:
    """The number of letters in a text."""
    return sum(not char.isspace() for char in text)


def _page(i, seed):
    hand, kind = pen.draw_hand([seed, i % HANDS]), compose.KINDS[i % len(compose.KINDS)]
    text = compose.text(hand, np.random.default_rng([seed, i]), lines=5, case="lower")
    picture = compose.page(text, hand, kind, [seed, i]).picture
    return text, cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()


def measure(pages: dict[str, str], runs: Sequence[tuple[int, int]]) -> list[dict]:
    """Read the first of these pages, each time anew, with worker processes that have started and are warm.

    pages: {path: text}, as `write_pages` gives them. runs: pairs (workers, letters), in the order in which they run.
    Returns a list of {"workers", "letters", "pages", "seconds", "processor"}: seconds of the clock, and of the
    processors in all workers, which what else the machine does hardly changes.
    Raises RuntimeError where a page cannot be read.
    """
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clients = {}
        for workers in sorted({workers for workers, _ in runs}):
            clients[workers] = stack.enter_context(Client(stack.enter_context(bulk.local_cluster(workers))))
            _timed(clients[workers], list(pages)[: 2 * workers], folder / f"warm-{workers}", batch=1)
        for i, (workers, letters) in enumerate(runs):
            written = np.cumsum([count(text) for text in pages.values()])
            number = int(np.searchsorted(written, letters)) + 1  # as few pages as have so many letters
            times = _timed(clients[workers], list(pages)[:number], folder / str(i), BATCH)
            rows.append({"workers": workers, "letters": int(written[number - 1]), "pages": number, **times})
    return rows


def _timed(client, paths, output, batch):
    listed = output.with_suffix(".parquet")
    pq.write_table(pa.table({"path": paths}), listed)
    before = sum(client.run(time.process_time).values())
    summary = bulk.read(listed, output, scheduler=client.scheduler.address, batch=batch)
    if summary.failed:
        raise RuntimeError(f"{summary.failed} of {summary.read} pages could not be read")
    return {"seconds": summary.seconds, "processor": sum(client.run(time.process_time).values()) - before}


def alone(pages: dict[str, str]) -> dict[str, float]:
    """What one process does alone, however many workers read: listing pictures, looking which of them have a row
    already, and handing out batches. pages: {path: text}, all of one folder.

    Returns seconds of its processor: {"list a picture", "check a batch", "hand out a batch"}.
    """
    paths = list(pages)
    checked = paths[:CHECKED]
    with tempfile.TemporaryDirectory() as output, bulk.local_cluster(1) as cluster, Client(cluster) as client:
        bulk.read(checked, output, scheduler=cluster.scheduler_address, batch=1)
        empty = [paths[:BATCH]] * EMPTY
        client.gather(client.map(len, empty, pure=False))  # a warm-up
        return {
            "list a picture": _processor(lambda: bulk.list_pictures(Path(paths[0]).parent)) / len(paths),
            "check a batch": _processor(lambda: bulk.read_before(output, bulk.Options())) / len(checked),
            "hand out a batch": _processor(lambda: client.gather(client.map(len, empty, pure=False))) / EMPTY,
        }


def _processor(work):
    started = time.process_time()
    work()
    return time.process_time() - started


def benchmark(letters: int = 100_000) -> dict:
    """Measure runs of a thousand letters, and of ten times as many in each step up to `letters`, with all cores and,
    the shorter ones, with one worker. Writes and returns the figures. Raises ValueError for less than a thousand.
    """
    if letters < 1000:
        raise ValueError(f"a run has a thousand letters or more, not {letters}")
    cores = os.cpu_count()
    steps = [10**power for power in range(3, len(str(letters)))]
    runs = [(workers, step) for step in steps for workers in (1, cores) if workers > 1 or step <= ONE_WORKER]
    with tempfile.TemporaryDirectory() as folder:
        pages = write_pages(folder, steps[-1])
        result = {
            "runs": measure(pages, runs),
            "alone": alone(pages),
            "provenance": provenance.describe(f"make benchmark-scale LETTERS={letters}", seed=0),
        }
    return provenance.write(result, RESULT)
