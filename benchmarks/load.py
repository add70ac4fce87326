"""Load on the server, over loopback: ours compared with the usual way to serve a Keras network, and half an hour of
good, bad and hostile requests. `make benchmark-serve` and `make soak` run this."""

import base64
import http.client
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import numpy as np
import psutil
from PIL import Image
from tqdm import tqdm

from benchmarks import provenance
from letters import alphabet, compose, pen, writing

ROOT = provenance.ROOT
RESULT = provenance.RESULTS["serve"]
LOG = ROOT / "tests" / "screenshots" / "soak.log"
OURS = (sys.executable, "-m", "letters", "serve")
PROCESSES = (sys.executable, "-m", "gunicorn", "--config", "serve/gunicorn.conf.py")
USUAL = (sys.executable, "-m", "benchmarks.usual_server")
JSON = {"Content-Type": "application/json"}
MOST_GROWTH = 20  # MB, after the warm-up


def encode(image: Image.Image | np.ndarray, kind: str = "PNG", **options) -> bytes:
    """The bytes of a picture file. image: a PIL picture, or a uint8 array."""
    stream = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(stream, kind, **options)
    return stream.getvalue()


def letter_file(letter: str = "R", seed: int = 3) -> bytes:
    """A letter on a canvas of 280 x 280 px, as a PNG with an alpha channel, which is what a browser's canvas gives."""
    (strokes,), _ = pen.draw(1, classes=[alphabet.CLASSES.index(letter)], seed=seed)
    return encode(Image.fromarray(255 - writing.draw_strokes(strokes, 0.08, side=150, margin=65)).convert("RGBA"))


def data_url(data: bytes) -> str:
    """A PNG as a data URL."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def drawing(letter: str = "R", seed: int = 3) -> str:
    """A letter on a canvas, as a page of this kind sends it: the body of a request."""
    return json.dumps({"image": data_url(letter_file(letter, seed))})


@contextmanager
def running(command: Sequence[str], log: IO | int) -> Iterator[tuple[int, psutil.Process, float]]:
    """A server: its port, its process, and the seconds until it first answered."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    unhurried = {"LETTERS_RATE_LIMIT": "1000000/second", "LETTERS_ACCESS_LOG": "off"}
    environment = {**os.environ, **unhurried, "LETTERS_PORT": str(port)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or each start would compile what the first one has compiled
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        while True:
            try:
                status, _ = ask(connect(port), drawing())
                if status == 200:
                    break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 120:
                    raise RuntimeError(f"{command} does not answer") from None
            time.sleep(0.005)
        yield port, psutil.Process(process.pid), time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)


def connect(port: int) -> http.client.HTTPConnection:
    """A connection to the server on this machine."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def ask(connection: http.client.HTTPConnection, body: str | bytes, headers: dict = JSON) -> tuple[int, bytes]:
    """Send a request to /predict. Returns the status and the body of the answer."""
    connection.request("POST", "/predict", body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def megabytes(process: psutil.Process) -> float:
    """Memory of a process and its children, where pages that several share count once (where the system tells)."""
    infos = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
    return sum(getattr(info, "pss", info.uss) for info in infos) / 1024**2


# -------------------------------------------------------------------------------------------------- compare


class Bare:
    """A cheap client, as it shares the cores with the server: it sends one request, made beforehand."""

    def __init__(self, port: int, body: str):
        self._port, self._socket = port, None
        head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        self._request = f"{head}{len(body)}\r\n\r\n{body}".encode()

    def ask(self) -> None:
        """Send the request and receive the answer. Raises RuntimeError for another status than 200."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(self._request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            if not (more := self._socket.recv(65536)):
                raise RuntimeError(f"hung up after {answer[:100]}")
            answer += more
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise RuntimeError(answer[:100])
        rest = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1]) - len(body)
        while rest > 0:
            rest -= len(self._socket.recv(65536))
        if b"connection: close" in head.lower():
            self.close()

    def close(self) -> None:
        """Close the connection, where it is open."""
        if self._socket:
            self._socket.close()
        self._socket = None


def measure(command: Sequence[str], seconds: float, clients: int) -> tuple[float, float, list[float]]:
    """The seconds until a server first answered, its memory in MB, and the seconds of each answer under as many
    clients, each of which asks again as soon as it has its answer."""
    body = drawing()
    with running(command, subprocess.DEVNULL) as (port, process, first):
        times = []

        def client(until):
            connection = Bare(port, body)
            while (started := time.perf_counter()) < until:
                connection.ask()
                times.append(time.perf_counter() - started)
            connection.close()

        for warm_up in (True, False):
            times.clear()
            until = time.perf_counter() + (2 if warm_up else seconds)
            threads = [threading.Thread(target=client, args=(until,)) for _ in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return first, megabytes(process), times


def compare(rounds: int = 3, seconds: float = 8, clients: int = 8) -> dict:
    """Measure each server several times over, in turn, as a machine is not always as fast; print and write the figures
    to serve/benchmark.json. Returns what was written."""
    servers = {"usual": USUAL, "ours": OURS, "ours, a process a core": PROCESSES}
    measured = {name: [] for name in servers}
    for _ in tqdm(range(rounds), desc="benchmark", unit="round"):
        for name, command in servers.items():
            measured[name].append(measure(command, seconds, clients))
    figures = {}
    for name, of_server in measured.items():
        firsts, memories, times = zip(*of_server, strict=True)
        together = np.concatenate(times)
        figures[name] = {
            "requests a second": len(together) / (rounds * seconds),
            "median ms": 1000 * float(np.median(together)),
            "99th percentile ms": 1000 * float(np.percentile(together, 99)),
            "start to first answer s": float(np.median(firsts)),
            "memory MB": float(np.median(memories)),
        }
    usual = figures["usual"]
    print(f"{'':26}" + "".join(f"{name:>26}" for name in figures))
    for name in usual:
        line = f"{name:26}{usual[name]:26.4g}"
        for ours in (figures["ours"], figures["ours, a process a core"]):
            times = ours[name] / usual[name] if name == "requests a second" else usual[name] / ours[name]
            line += f"{ours[name]:14.4g} ({times:5.1f} x)  "
        print(line)
    about = {"provenance": provenance.describe("make benchmark-serve"), "clients": clients, "rounds": rounds}
    return provenance.write({**about, "seconds": seconds, **figures}, RESULT)


# ----------------------------------------------------------------------------------------------------- soak


def form(data: bytes, **fields: str) -> tuple[bytes, dict]:
    """A multipart body, and its headers."""
    lines = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    file = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + data + b"\r\n--x--\r\n"
    return b"".join(lines) + file, {"Content-Type": "multipart/form-data; boundary=x"}


def requests() -> dict[str, tuple]:
    """What clients send: {name: (body, headers, expected statuses)}."""
    page = compose.page("SEVERAL WORDS\nIN TWO LINES", pen.draw_hand(1), "photo", seed=2).picture
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200), dtype=np.uint8)
    plain = encode(Image.new("L", (3000, 3000), 255), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    slow = plain[:last] + plain[last:-2] * 20_000 + plain[-2:]
    large = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(large, "PNG")
    letter = letter_file()
    good, refused = {200}, {400, 413, 415, 422}
    return {
        **{f"letter {name}": (drawing(name, i), JSON, good) for i, name in enumerate("ABCgkR")},
        "page": (*form(encode(page, "JPEG"), alphabet="upper"), good),
        "page in English": (*form(encode(page, "JPEG"), language="en"), good),
        "noise": (*form(encode(noise, "JPEG")), good | refused),
        "blank": (*form(encode(np.full((300, 300), 255, np.uint8))), {422}),
        "cut short": (*form(letter[: len(letter) // 2]), {415}),
        "too many pixels": (*form(large.getvalue()), {413}),
        "slow to decode": (*form(slow), {413}),
        "svg": (*form(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), {415}),
        "page in a picture": (*form(letter + b"<script>alert(1)</script>"), {415}),
        "too large": (bytes(11 * 1024**2), JSON, {413}),
        "no JSON": (b"{", JSON, {400}),
        "deep JSON": (b"[" * 100_000, JSON, {400}),
        "bad base64": (json.dumps({"image": "data:image/png;base64,a*"}), JSON, {400}),
        "unknown alphabet": (json.dumps({"image": data_url(letter), "alphabet": "greek"}), JSON, {400}),
        "no multipart": (b"\0" * 1000, {"Content-Type": "multipart/form-data; boundary=x"}, {400}),
    }


HOSTILE = (  # sent over a bare socket, which is then closed: only the answers to other clients matter
    b"\x16\x03\x01\x02\x00" + bytes(range(256)),
    b"GET / HTTP/1.1\r\nHost: " + b"a" * 70_000,
    b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nhalf",
    b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
)
RARE = ("slow to decode", "too many pixels", "noise", "too large")  # one in fifty, as they would block all others


def soak(minutes: float = 30, clients: int = 16) -> int:
    """Send the server `requests` in any order, from several clients at once. Prints the results. Returns 1 after
    a wrong answer or if memory grew by more than MOST_GROWTH, otherwise 0."""
    known = requests()
    often = [name for name in known if name not in RARE]
    counts, wrong, samples = Counter(), [], []
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log, running(OURS, log) as (port, process, _):
        until = time.monotonic() + 60 * minutes

        def client(seed):
            rng = random.Random(seed)
            connection = connect(port)
            while time.monotonic() < until:
                if rng.random() < 0.03:
                    with socket.create_connection(("127.0.0.1", port), timeout=20) as bare:
                        bare.sendall(rng.choice(HOSTILE))
                    counts["hostile bytes"] += 1
                    continue
                name = rng.choice(RARE if rng.random() < 0.02 else often)
                body, headers, expected = known[name]
                try:
                    status, _ = ask(connection, body, headers)
                except (OSError, http.client.HTTPException) as error:
                    wrong.append(f"{name}: {type(error).__name__} {error}")
                    connection = connect(port)
                    continue
                counts[name] += 1
                if status not in expected:
                    wrong.append(f"{name}: {status}")

        threads = [threading.Thread(target=client, args=(seed,)) for seed in range(clients)]
        for thread in threads:
            thread.start()
        for _ in tqdm(range(int(60 * minutes // 10)), desc="soak", unit="0 s"):
            time.sleep(10)
            samples.append(megabytes(process))
        for thread in threads:
            thread.join()
        status, _ = ask(connect(port), drawing())
        if status != 200:
            wrong.append(f"at the end: {status}")
    fifth = max(1, len(samples) // 5)
    growth = float(np.median(samples[-fifth:]) - np.median(samples[fifth : 2 * fifth]))
    print(f"{sum(counts.values())} requests of {len(counts)} kinds, {len(wrong)} wrong answers")
    print(f"memory: {min(samples):.0f} to {max(samples):.0f} MB, {growth:+.1f} MB from the second fifth to the last")
    print("\n".join(f"{count} x {what}" for what, count in Counter(wrong).most_common(20)))
    return 1 if wrong or growth > MOST_GROWTH else 0
