"""Reading many pictures with a cluster: every picture gets one row, whatever happens on the way."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import cv2
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dask import config
from dask.distributed import Client, WorkerPlugin

from letters import alphabet, bulk, pen, writing
from letters.__main__ import main


@pytest.fixture(scope="module")
def cluster():
    with bulk.local_cluster(workers=2) as cluster:
        yield cluster


@pytest.fixture
def pictures(tmp_path):
    """write(n): n pictures of a capital each, in a folder; gives {path: letter}."""

    def write(n, folder=tmp_path / "pictures"):
        (folder / "more").mkdir(parents=True, exist_ok=True)
        letters, labels = pen.draw(n, classes=range(26), seed=5)
        written = {}
        for i, strokes in enumerate(letters):
            path = folder / ("more" if i % 3 else "") / f"{i:04}.PNG"
            cv2.imwrite(str(path), writing.draw_strokes(strokes))
            written[str(path)] = alphabet.CLASSES[labels[i]]
        return written

    return write


def test_every_picture_has_a_row_and_bad_ones_say_why(tmp_path, cluster, pictures):
    written = pictures(40)
    bad = {"empty.png": b"", "text.jpg": b"no picture", "cut.png": Path(next(iter(written))).read_bytes()[:200]}
    for name, content in bad.items():
        (tmp_path / "pictures" / name).write_bytes(content)
    (tmp_path / "pictures" / "notes.txt").write_text("not looked at")
    options = bulk.Options(alphabet="upper")
    summary = bulk.read(tmp_path / "pictures", tmp_path / "out", options, scheduler=cluster.scheduler_address, batch=7)
    assert (summary.read, summary.failed, summary.before) == (43, 3, 0)
    rows = bulk.load(tmp_path / "out").to_pylist()
    assert [row["path"] for row in rows] == sorted([*written, *(str(tmp_path / "pictures" / name) for name in bad)])
    right = 0
    for row in rows:
        if row["error"]:
            assert Path(row["path"]).name in bad and row["text"] is None and row["letters"] is None
        else:
            (letter,) = row["letters"]
            assert letter["letter"] == row["text"] and 0 < letter["probability"] <= 1 and len(letter["box"]) == 4
            right += row["text"] == written[row["path"]]
    assert right >= 35


def test_a_run_that_was_stopped_goes_on_and_repeats_nothing(tmp_path, cluster, pictures):
    written, where = pictures(30), {"scheduler": cluster.scheduler_address}
    output = tmp_path / "out"
    assert bulk.read(sorted(written)[:12], output, batch=5, **where).read == 12
    parts = {path: path.stat().st_mtime_ns for path in output.glob("*.parquet")}
    (output / ".left-behind").write_bytes(b"half a file of a worker that died")
    summary = bulk.read(tmp_path / "pictures", output, batch=4, **where)
    assert (summary.read, summary.before) == (18, 12)
    assert bulk.read(tmp_path / "pictures", output, **where).read == 0
    assert sorted(bulk.load(output)["path"].to_pylist()) == sorted(written)
    assert all(path.stat().st_mtime_ns == before for path, before in parts.items())
    with pytest.raises(ValueError, match=r"begun with .*'any'.*choose another folder"):
        bulk.read(tmp_path / "pictures", output, bulk.Options("lower"), **where)


def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing(tmp_path, pictures):
    written = pictures(240)
    output = tmp_path / "out"
    killed = []
    with (
        bulk.local_cluster(workers=2) as cluster,
        Client(cluster) as client,
    ):

        def kill():
            while len(list(output.glob("*.parquet"))) < 4:
                time.sleep(0.005)
            killed.append(min(client.run(os.getpid).values()))
            psutil.Process(killed[0]).kill()

        thread = threading.Thread(target=kill)
        thread.start()
        summary = bulk.read(tmp_path / "pictures", output, scheduler=cluster.scheduler_address, batch=4)
        thread.join()
        assert killed[0] not in client.run(os.getpid).values()
    assert summary.read == 240
    assert Counter(bulk.load(output)["path"].to_pylist()) == Counter(dict.fromkeys(written, 1))


class Deadly(WorkerPlugin):
    """Kills the process that reads one of the pictures."""

    def __init__(self, path):
        self.path = path

    def setup(self, worker):
        row = bulk._row

        def deadly(recognizer, path, options):
            if path == self.path:
                os._exit(1)
            return row(recognizer, path, options)

        bulk._row = deadly


def test_a_picture_that_kills_its_reader_is_found_among_the_others(tmp_path, pictures):
    written = sorted(pictures(9))
    with (
        config.set({"distributed.scheduler.allowed-failures": 1}),
        bulk.local_cluster(workers=1) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(Deadly(written[4]))
        summary = bulk.read(written, tmp_path / "out", scheduler=cluster.scheduler_address, batch=3)
    assert (summary.read, summary.failed) == (9, 1)
    errors = {row["path"]: row["error"] for row in bulk.load(tmp_path / "out").to_pylist() if row["error"]}
    assert errors == {written[4]: "the process that read it was killed"}


class Slow(WorkerPlugin):
    """Takes its time for every picture."""

    def setup(self, worker):
        row = bulk._row

        def slow(recognizer, path, options):
            time.sleep(0.4)  # a batch takes so long that it outlives who asked for it
            return row(recognizer, path, options)

        bulk._row = slow


def test_a_run_whose_process_is_killed_is_continued_at_once_on_the_same_workers(tmp_path, pictures):
    written = pictures(42)
    output = tmp_path / "out"
    with (
        bulk.local_cluster(workers=2) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(Slow())
        address = cluster.scheduler_address
        command = [sys.executable, "-m", "letters", "bulk", tmp_path / "pictures", "--output", output]
        command += ["--scheduler", address, "--batch", "7"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            while run.poll() is None and not list(output.glob("*.parquet")):
                time.sleep(0.01)
            run.kill()
        summary = bulk.read(tmp_path / "pictures", output, scheduler=address, batch=5)
    assert summary.read > 0 and summary.before > 0 and summary.read + summary.before == 42
    assert sorted(bulk.load(output)["path"].to_pylist()) == sorted(written)


def test_few_batches_wait_at_a_time_and_workers_that_come_later_get_theirs(tmp_path, pictures):
    paths, waiting = sorted(pictures(300)), []
    with bulk.local_cluster(workers=1) as cluster:

        def watch():
            while not ended.wait(0.002):
                waiting.append(len(cluster.scheduler.tasks))
                if len(waiting) == 20:
                    cluster.scale(2)

        ended = threading.Event()
        thread = threading.Thread(target=watch)
        thread.start()
        summary = bulk.read(paths, tmp_path / "out", scheduler=cluster.scheduler_address, batch=1)
        ended.set()
        thread.join()
    assert summary.read == 300
    assert 2 * bulk.AHEAD <= max(waiting) <= 2 * bulk.AHEAD + 2  # one each may have ended, and not be forgotten yet


class Faulty:
    """A recogniser with a fault that nobody thought of."""

    def read(self, *_, **__):
        raise ZeroDivisionError("no such number")


def test_a_fault_that_nobody_thought_of_is_a_row_too(pictures):
    (path,) = pictures(1)
    row = bulk._row(Faulty(), path, bulk.Options())
    assert row == {"path": path, "text": None, "error": "ZeroDivisionError: no such number", "letters": None}


class DeadAfterwards(WorkerPlugin):
    """Kills the process when it has written a file, before it can say so."""

    def setup(self, worker):
        write = bulk._write

        def deadly(rows, output, options):
            write(rows, output, options)
            os._exit(1)

        bulk._write = deadly


def test_what_was_written_before_its_worker_died_is_not_written_twice(tmp_path, pictures):
    written = sorted(pictures(6))
    with (
        config.set({"distributed.scheduler.allowed-failures": 1}),
        bulk.local_cluster(workers=1) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(DeadAfterwards())
        summary = bulk.read([*written, written[0]], tmp_path / "out", scheduler=cluster.scheduler_address, batch=3)
    assert (summary.read, summary.failed) == (6, 0)
    assert bulk.load(tmp_path / "out")["path"].to_pylist() == written


def test_a_cluster_whose_workers_are_gone_is_not_waited_for_in_vain(tmp_path, pictures, monkeypatch):
    pictures(2)
    monkeypatch.setattr(bulk, "ALONE", "1 second")
    with bulk.local_cluster(workers=1) as cluster:
        cluster.scale(0)
        with pytest.raises(bulk.ClusterError, match="goes on where it was"):
            bulk.read(tmp_path / "pictures", tmp_path / "out", scheduler=cluster.scheduler_address)
    assert bulk.read(tmp_path / "pictures", tmp_path / "out", workers=1).read == 2


def test_sources_are_folders_globs_lists_and_addresses(tmp_path, pictures):
    written = list(pictures(6))
    pq.write_table(pa.table({"path": written[:2], "by": ["me", "you"]}), tmp_path / "list.parquet")
    listed = bulk.list_pictures([str(tmp_path / "list.parquet"), f"{tmp_path}/pictures/more/*.PNG", written[0]])
    assert sorted(listed) == sorted({*written[:2], *(path for path in written if "more" in path)})
    assert bulk.list_pictures(f"file://{tmp_path}/pictures") == bulk.list_pictures(tmp_path / "pictures")
    fs = bulk.url_to_fs("memory://somewhere")[0]
    for name in ("a.png", "b.TIF", "c.heic", "notes.txt"):
        fs.pipe_file(f"/somewhere/{name}", b"1")
    assert bulk.list_pictures("memory://somewhere") == [
        f"memory:///somewhere/{name}" for name in ("a.png", "b.TIF", "c.heic")
    ]
    for nothing in (tmp_path / "none", tmp_path / "*.png", tmp_path / "none.parquet"):
        with pytest.raises(FileNotFoundError, match="there is no picture"):
            bulk.list_pictures(nothing)
    pq.write_table(pa.table({"file": written}), tmp_path / "wrong.parquet")
    with pytest.raises(ValueError, match="a column `path`, not only file"):
        bulk.list_pictures(tmp_path / "wrong.parquet")


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"options": bulk.Options("digits")}, {"options": bulk.Options(language="xx")}]
)
def test_what_makes_no_sense_is_refused_before_anything_starts(tmp_path, pictures, wrong):
    with pytest.raises(ValueError, match=r"batch|alphabet|language"):
        bulk.read(list(pictures(1)), tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_the_command_line_starts_a_cluster_of_its_own(tmp_path, pictures, capsys):
    pictures(5)
    (tmp_path / "pictures" / "broken.png").write_bytes(b"?")
    call = ["bulk", str(tmp_path / "pictures"), "--output", str(tmp_path / "out"), "--workers", "1"]
    assert main(call) == 1
    assert "6 pictures read" in (shown := capsys.readouterr()).out and "1 of them could not be" in shown.out
    assert "dashboard: http://127.0.0.1" in shown.out + shown.err
    assert main(call) == 0
    assert "6 had been read before" in capsys.readouterr().out
    assert main(["bulk", str(tmp_path / "nothing"), "--output", str(tmp_path / "out")]) == 2
