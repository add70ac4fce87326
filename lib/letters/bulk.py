"""Read any number of pictures, on all cores of this machine or on many machines, into Parquet files.

`python -m letters bulk FOLDER --output FOLDER`, or `read`. The pictures are read in batches; each batch becomes one
Parquet file, which appears when it is complete. Started again, an interrupted run continues where it stopped.
"""

import hashlib
import io
import json
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import cv2
import pyarrow as pa
import pyarrow.parquet as pq
from dask import config
from dask.distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.scheduler import NoValidWorkerError, NoWorkerError
from fsspec.core import url_to_fs
from tqdm.auto import tqdm

from letters import alphabet as alphabets
from letters import picture
from letters.language import LANGUAGES
from letters.recognizer import PATH, Recognizer

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")
AHEAD = 3  # batches that wait for each thread of the cluster
ALONE = "2 minutes"  # that a local cluster may be without a worker: one that dies is replaced in seconds
LETTER = pa.struct(
    {"letter": pa.string(), "probability": pa.float32(), "unsure": pa.bool_(), "box": pa.list_(pa.int32(), 4)}
)
SCHEMA = pa.schema({"path": pa.string(), "text": pa.string(), "error": pa.string(), "letters": pa.list_(LETTER)})
Sources = str | Path | Iterable[str | Path]
_reading: list[str] = []  # the output of each batch that this process, a worker, is reading


class ClusterError(RuntimeError):
    """A cluster that has lost its workers."""


@dataclass(frozen=True)
class Options:
    """How pictures are read, as `Recognizer.read` takes it."""

    alphabet: str = "any"
    language: str | None = None
    fold: bool = False


@dataclass
class Summary:
    """What a run did: pictures processed now, how many of them failed, how many an earlier run had read."""

    read: int = 0
    failed: int = 0
    before: int = 0
    seconds: float = 0.0


def read(
    sources: Sources,
    output: str | Path,
    options: Options | None = None,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    model: str | Path = PATH,
    batch: int = 64,
    progress: bool = False,
) -> Summary:
    """Read pictures, and write a folder of Parquet files with a row for each of them.

    sources: a folder, a glob, a picture, or a Parquet file with a column `path`; or a list of those. Any of them, and
    output, may be an address that fsspec opens (`s3://`, `https://`; its package must be installed).
    scheduler: the address of a Dask scheduler; by default a local cluster of `workers` processes, one per core.
    Its workers must reach sources and output under the same names. model: a .tflite file. batch: pictures per file.
    Each row has the path, the text, the letters (name, probability, whether unsure, box in px), or else the error.
    A picture that already has a row is not read again. Returns a Summary.
    Raises FileNotFoundError for a missing source, ValueError for a list without paths and for options that are wrong
    or differ from those of an earlier run with this output, and ClusterError.
    """
    options = options or Options()
    alphabets.check(options.alphabet)
    if options.language not in (None, *LANGUAGES):
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {options.language!r}")
    if batch < 1:
        raise ValueError(f"a batch has one picture or more, not {batch}")
    Recognizer.load(model)  # an error in it is reported here, not by each worker
    started = time.perf_counter()
    pictures = list_pictures(sources)
    summary = Summary()
    files, folder = url_to_fs(str(output))
    left = _left(pictures, output, options)
    files.makedirs(folder, exist_ok=True)
    if left:
        with _cluster(scheduler, workers) as client, tqdm(disable=not progress, unit=" pictures") as bar:
            _wait_for_others(client, str(output))
            left = _left(pictures, output, options)
            bar.reset(total=len(left))
            if progress:
                bar.write(f"dashboard: {client.dashboard_link}")
            for number, failed in _results(client, left, batch, str(output), options, str(model)):
                summary.read += number
                summary.failed += failed
                bar.update(number)
    summary.before = len(pictures) - len(left)
    summary.seconds = time.perf_counter() - started
    return summary


def list_pictures(sources: Sources) -> list[str]:
    """The addresses of all pictures that sources name, each once: a list of str. Raises as `read` does."""
    found: dict[str, None] = {}
    for source in [sources] if isinstance(sources, str) or hasattr(sources, "__fspath__") else sources:
        files, path = url_to_fs(str(source))
        if any(sign in path for sign in "*?["):
            paths = [path for path in sorted(files.glob(path)) if not files.isdir(path)]
        elif path.endswith(".parquet") and files.isfile(path):
            found |= dict.fromkeys(_listed(files, path))
            continue
        elif files.isdir(path):
            paths = [path for path in sorted(files.find(path)) if path.lower().endswith(SUFFIXES)]
        else:
            paths = [path] if files.exists(path) else []
        if not paths:
            raise FileNotFoundError(f"{source}: there is no picture")
        local = "file" in files.protocol
        found |= dict.fromkeys(path if local else files.unstrip_protocol(path) for path in paths)
    return list(found)


def load(output: str | Path) -> pa.Table:
    """All rows that were written to a folder, in order of their paths: a pyarrow.Table as SCHEMA says."""
    files, folder = url_to_fs(str(output))
    parts = [pq.read_table(path, filesystem=files) for path in sorted(files.glob(f"{folder}/*.parquet"))]
    return pa.concat_tables([SCHEMA.empty_table(), *parts]).sort_by("path")


def read_before(output: str | Path, options: Options) -> set[str]:
    """The addresses of all pictures that have a row already: a set of str. Raises ValueError where they were read with
    other options."""
    files, folder = url_to_fs(str(output))
    done = set()
    for path in files.glob(f"{folder}/*.parquet") if files.isdir(folder) else ():
        part = pq.read_table(path, columns=["path"], filesystem=files)
        begun = json.loads((part.schema.metadata or {}).get(b"letters", b"null"))
        if begun != asdict(options):
            raise ValueError(f"{output} was begun with {begun}, not {asdict(options)}; choose another folder")
        done.update(part["path"].to_pylist())
    return done


def _left(pictures, output, options):
    done = read_before(output, options)
    return [path for path in pictures if path not in done]


def _listed(files, path):
    with files.open(path) as file:
        names = pq.read_schema(file).names
        if "path" not in names:
            raise ValueError(f"{path}: a list of pictures has a column `path`, not only {', '.join(names)}")
        return pq.read_table(file, columns=["path"])["path"].to_pylist()


@contextmanager
def local_cluster(workers: int | None) -> Iterator[LocalCluster]:
    """A local cluster of this many worker processes, None for one per core, for as long as the context lasts."""
    with (
        config.set(
            {
                "distributed.scheduler.worker-saturation": 1.0,  # one batch each, so that no other one is blamed
                "distributed.scheduler.no-workers-timeout": ALONE,
            }
        ),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,  # rows say what went wrong; a heartbeat cut off at the end did not
        ) as cluster,
    ):
        yield cluster


@contextmanager
def _cluster(scheduler, workers):
    """A client of the scheduler, or of a local cluster, for as long as the context lasts."""
    if scheduler:
        with Client(scheduler) as client:
            yield client
        return
    with local_cluster(workers) as cluster, Client(cluster) as client:
        yield client


def _results(client, paths, size, output, options, model):
    """Have all pictures read, a few batches ahead of the workers; gives the numbers of pictures and of failed ones,
    batch by batch."""
    waiting = deque(paths[i : i + size] for i in range(0, len(paths), size))
    running = {}

    def room():
        threads = max(1, sum(client.nthreads().values()))  # now: workers come and go
        return min(len(waiting), AHEAD * threads - len(running))

    def submit():
        chosen = waiting.popleft()
        future = client.submit(_read_batch, chosen, output, options, model, pure=False)
        running[future] = chosen
        return future

    queue = as_completed([submit() for _ in range(room())])
    for future in queue:
        chosen = running.pop(future)
        try:
            yield future.result()
        except (NoWorkerError, NoValidWorkerError) as error:  # none is left
            raise ClusterError("all workers are gone; the same call goes on where it was") from error
        except KilledWorker:
            if (errors := _written(chosen, output)) is not None:  # its worker died before it could say so
                yield len(errors), len(errors) - errors.count(None)
            elif len(chosen) > 1:  # one of them kills its worker: find out which
                waiting.extendleft([path] for path in chosen)
            else:
                _write([_failed(chosen[0], "the process that read it was killed")], output, options)
                yield 1, 1
        for _ in range(room()):
            queue.add(submit())


def _wait_for_others(client, output):
    """Wait until no worker reads for the same output: those of a run whose own process was killed end their batch."""
    while any(client.run(_is_reading, output).values()):
        time.sleep(0.1)


def _is_reading(output):
    return output in _reading


def _read_batch(paths, output, options, model):
    """Read some pictures, in a worker, and write their file. Returns (number of pictures, number that failed)."""
    _reading.append(output)
    try:
        recognizer = _recognizer(model)
        rows = [_row(recognizer, path, options) for path in paths]
        _write(rows, output, options)
    finally:
        _reading.remove(output)
    return len(rows), sum(row["error"] is not None for row in rows)


@cache
def _recognizer(model):
    cv2.setNumThreads(1)  # the workers share the cores already
    return Recognizer.load(model)


def _row(recognizer, path, options):
    try:
        files, place = url_to_fs(path)
        reading = recognizer.read(files.cat_file(place), **asdict(options))
    except picture.PictureError as error:
        return _failed(path, str(error))
    except Exception as error:  # an unforeseen picture or a failing store must not stop the others
        return _failed(path, f"{type(error).__name__}: {error}")
    letters = [
        {"letter": one.letter, "probability": one.candidates[0][1], "unsure": one.unsure, "box": list(one.box)}
        for one in reading.letters
    ]
    return {"path": path, "text": reading.text, "error": None, "letters": letters}


def _failed(path, error):
    return {"path": path, "text": None, "error": error, "letters": None}


def _write(rows, output, options):
    """Write rows as a file, which appears only when it is complete. Its name depends on the paths alone: a batch that
    is read again because its worker died replaces its own file."""
    table = pa.Table.from_pylist(rows, SCHEMA).replace_schema_metadata({"letters": json.dumps(asdict(options))})
    content = io.BytesIO()
    pq.write_table(table, content)
    files, folder = url_to_fs(output)
    name = _name([row["path"] for row in rows])
    files.pipe_file(f"{folder}/.{name}.part", content.getvalue())
    files.mv(f"{folder}/.{name}.part", f"{folder}/{name}")


def _written(paths, output):
    """The errors, None for a picture that was read, in the file of this batch; None where there is no such file."""
    files, folder = url_to_fs(output)
    place = f"{folder}/{_name(paths)}"
    return (
        pq.read_table(place, columns=["error"], filesystem=files)["error"].to_pylist() if files.exists(place) else None
    )


def _name(paths):
    return hashlib.sha256("\n".join(paths).encode()).hexdigest()[:24] + ".parquet"
