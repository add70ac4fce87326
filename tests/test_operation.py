"""The server as whoever runs it sees it: settings, limits, log, figures, description, starting and stopping."""

import http.client
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
import schemathesis
from command import GUNICORN, SERVE, free_port, start, wait_for
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis.transport.serialization import Binary
from sheets import data_url, encode, picture
from werkzeug.test import EnvironBuilder, run_wsgi_app

from letters import compose, pen
from letters.alphabet import ALPHABETS
from letters.language import LANGUAGES
from letters.serve import counts
from letters.serve.app import create_app
from letters.serve.parsing import MOST_FIELDS
from letters.serve.settings import Settings, SettingsError

ROOT = Path(__file__).parents[1]
JSON = {"Content-Type": "application/json"}
README = (ROOT / "serve" / "README.md").read_text("utf-8")

asks_it_to_stop = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signal that asks a process to stop"
)


@pytest.fixture
def client_with(recognizer):
    """client_with(**settings): a test client of the app with these settings, quiet and unhurried otherwise."""

    def make(**chosen):
        return create_app(recognizer, Settings(**{"access_log": "off", **chosen})).test_client()

    return make


@pytest.fixture(scope="session")
def letter(strokes_of):
    return encode(picture(strokes_of("Z")))


def ask(client, data, **options):
    return client.post("/predict", json={"image": data_url(data)}, **options)


def code(response):
    return response.status_code, response.json["error"]["code"]


# --------------------------------------------------------------------------------------------------- settings


def test_settings_come_from_the_environment():
    environment = {
        "LETTERS_PORT": "8000",
        "LETTERS_MAX_MEGABYTES": "2.5",
        "LETTERS_TRUSTED_HOSTS": "letters.example.org, localhost",
        "LETTERS_CORS_ORIGINS": "https://example.org",
        "PATH": "/bin",
    }
    chosen = Settings.from_environment(environment)
    assert (chosen.port, chosen.max_bytes, chosen.host) == (8000, 2_621_440, "127.0.0.1")
    assert chosen.trusted_hosts == ("letters.example.org", "localhost")
    assert chosen.cors_origins == ("https://example.org",)
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LETTERS_PORT", "0"),
        ("LETTERS_PORT", "http"),
        ("LETTERS_THREADS", "1.5"),
        ("LETTERS_MAX_MEGABYTES", "nan"),
        ("LETTERS_MAX_MEGAPIXELS", "-1"),
        ("LETTERS_RATE_LIMIT", "often"),
        ("LETTERS_RATE_STORAGE", "shelf://"),
        ("LETTERS_CORS_ORIGINS", "*"),
        ("LETTERS_CORS_ORIGINS", "https://example.org/path"),
        ("LETTERS_METRICS", "yes"),
        ("LETTERS_PROT", "8000"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name, text):
    with pytest.raises(SettingsError, match=name) as error:
        Settings.from_environment({name: text})
    assert len(str(error.value)) > len(name) + 20


def test_the_readme_lists_the_settings():
    assert Settings.table() in README


def test_the_tests_that_the_readme_names_are_there():
    named = set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", README))
    assert len(named) > 12
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8"), name


# ----------------------------------------------------------------------------------------------------- limits


def test_a_client_that_asks_too_often_is_told_when_to_come_back(client_with, letter):
    client = client_with(rate_limit="3/minute")
    assert [ask(client, letter).status_code for _ in range(3)] == [200] * 3
    refused = ask(client, letter)
    assert code(refused) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert client.get("/healthz").status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert ask(client, letter, environ_base=other).status_code == 200
    # a header that no trusted proxy wrote makes nobody another client
    assert ask(client, letter, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 429


def test_counts_begin_anew_when_their_time_is_over_and_are_then_forgotten(monkeypatch):
    kept = counts.Counts()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert [kept.incr("a", 2), kept.incr("a", 2), kept.incr("b", 100, amount=3)] == [1, 2, 3]
    assert (kept.get("a"), kept.get_expiry("a"), kept.get("c"), kept.get_expiry("c")) == (2, now + 2, 0, now)
    now += 2
    assert (kept.get("a"), kept.get_expiry("a"), kept.incr("a", 2)) == (0, now, 1)
    now += counts.TIDIED
    kept.incr("c", 100)
    assert kept.reset() == 2  # a is over, b and c are not
    assert (kept.get("b"), kept.reset()) == (0, 0)
    kept.incr("b", 100)
    kept.clear("b")
    assert kept.get("b") == 0


def test_behind_a_proxy_clients_are_told_apart_by_what_it_says(client_with, letter):
    client = client_with(rate_limit="1/minute", proxies=1)
    statuses = [
        ask(client, letter, headers={"X-Forwarded-For": address}).status_code
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.9, 192.0.2.2")
    ]
    assert statuses == [200, 200, 429, 429]


def test_limits_can_be_set(client_with, letter):
    sheet = encode(np.full((400, 400), 255, np.uint8))
    assert code(ask(client_with(max_megapixels=0.1), sheet)) == (413, "too_many_pixels")
    noise = np.random.default_rng(0).integers(0, 256, (400, 400), dtype=np.uint8)
    too_large = ask(client_with(max_megabytes=0.1), encode(noise))
    assert code(too_large) == (413, "too_large")
    assert "0.1 MB" in too_large.json["error"]["message"]
    page = encode(compose.page("THREE WORDS HERE", pen.draw_hand(1), "canvas", seed=2).picture)
    assert code(ask(client_with(max_letters=13), page)) == (413, "too_many_letters")
    assert ask(client_with(max_letters=14), page).status_code == 200
    slow = client_with(max_decode_seconds=0.0)
    assert code(ask(slow, letter)) == (413, "too_slow")


# ------------------------------------------------------------------------------------- hosts, origins, headers


def test_only_trusted_names_are_answered(client_with):
    client = client_with()
    for host in ("localhost", "127.0.0.1:5000"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host
    for host in ("example.org", "localhost.example.org", "evil@localhost"):
        assert code(client.get("/healthz", headers={"Host": host})) == (400, "untrusted_host"), host
    named = client_with(trusted_hosts=("letters.example.org",))
    assert named.get("/healthz", headers={"Host": "letters.example.org"}).status_code == 200


def test_other_sites_may_ask_only_where_they_are_named(client_with, letter):
    allowed, other = {"Origin": "https://a.example"}, {"Origin": "https://b.example"}
    header = "Access-Control-Allow-Origin"
    assert header not in ask(client_with(), letter, headers=allowed).headers
    client = client_with(cors_origins=("https://a.example",))
    assert ask(client, letter, headers=allowed).headers[header] == "https://a.example"
    assert header not in ask(client, letter, headers=other).headers
    preflight = client.options("/predict", headers={**allowed, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 200
    assert preflight.headers[header] == "https://a.example"
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_nothing_is_written(client_with, letter):
    """Neither to a file nor to a folder for such as are large, whatever is sent."""
    written, listening = [], True

    def listen(event, arguments):
        if listening and event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(arguments)

    app = client_with().application
    photo = encode(np.random.default_rng(0).integers(0, 256, (1500, 1500), dtype=np.uint8), "BMP")
    requests = [
        EnvironBuilder("/predict", method="POST", **sent).get_environ()
        for data in (letter, photo, b"no picture")
        for sent in ({"json": {"image": data_url(data)}}, {"data": {"image": (io.BytesIO(data), "../../etc/passwd")}})
    ]
    sys.addaudithook(listen)  # cannot be taken away again
    statuses = [run_wsgi_app(app, request, buffered=True)[1] for request in requests]
    listening = False
    assert written == []
    assert [int(status[:3]) for status in statuses] == [200, 200, 422, 422, 415, 415]


def test_there_is_no_debugger_and_no_cookie(client_with, letter):
    client = client_with()
    assert not client.application.debug
    assert "Set-Cookie" not in ask(client, letter).headers
    assert "Server" not in ask(client, letter).headers


# -------------------------------------------------------------------------------------------- log and figures


def test_the_log_has_a_line_for_each_request_and_nothing_of_the_picture(client_with, letter, capsys):
    client = client_with(access_log="on")
    ask(client, letter)
    ask(client, b"no picture")
    client.get("/no%0Awhere?secret=1")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    read, refused, lost = lines
    assert {"method": "POST", "path": "/predict", "status": 200, "client": "127.0.0.1", "letters": 1}.items() <= (
        read.items()
    )
    assert read["received"] > len(letter) and read["ms"] > 0
    assert (refused["status"], refused["refused"]) == (415, "not_an_image")
    assert (lost["status"], lost["path"]) == (404, "/no\nwhere")
    assert set(read) == {"time", "client", "method", "path", "status", "received", "ms", "letters"}


def metrics(client, **options):
    response = client.get("/metrics", **options)
    return response.text if response.status_code == 200 else response.status_code


def test_figures_for_prometheus(client_with, letter):
    client = client_with()
    ask(client, letter)
    ask(client, b"no picture")
    client.get("/nowhere/at/all")
    client.open("/healthz", method="BREW")
    text = metrics(client)
    assert 'letters_requests_total{method="POST",route="/predict",status="200"} 1.0' in text
    assert 'letters_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'method="other"' in text and "BREW" not in text
    assert 'letters_refusals_total{code="not_an_image"} 1.0' in text
    assert "letters_found_total 1.0" in text
    assert 'letters_request_seconds_count{route="/predict"} 2.0' in text


def test_figures_are_for_this_machine_unless_set_otherwise(client_with):
    elsewhere, proxied = {"REMOTE_ADDR": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.7"}
    assert metrics(client_with(), environ_base=elsewhere) == 404
    assert metrics(client_with(), headers=proxied) == 404
    assert metrics(client_with(metrics="off")) == 404
    assert "letters_requests" in metrics(client_with(metrics="all"), environ_base=elsewhere)


# ------------------------------------------------------------------------------------------------ description

DRAWINGS = st.builds(
    lambda seed, format: encode(compose.page("AB", pen.draw_hand(seed), "canvas", seed).picture, format),
    st.integers(0, 5),
    st.sampled_from(["PNG", "JPEG", "GIF"]),
)
schemathesis.openapi.format("picture", DRAWINGS.map(Binary))
schemathesis.openapi.format("picture-url", DRAWINGS.map(data_url))


described = schemathesis.openapi.from_wsgi(
    "/openapi.json", create_app(settings=Settings(rate_limit="100000/second", access_log="off"))
)


@described.parametrize()
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_the_server_is_as_its_description_says(case):
    case.call_and_validate()


def test_the_description_knows_all_languages(client_with):
    schemas = client_with().get("/openapi.json").json["components"]["schemas"]
    assert schemas["Language"]["enum"] == ["", *sorted(LANGUAGES)]


def test_the_description_knows_all_alphabets(client_with):
    schemas = client_with().get("/openapi.json").json["components"]["schemas"]
    assert schemas["Alphabet"]["enum"] == list(ALPHABETS)


def test_the_description_knows_how_many_fields_a_form_may_have(client_with):
    content = client_with().get("/openapi.json").json["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["maxProperties"] == MOST_FIELDS


# ---------------------------------------------------------------------------- over the wire, and the command


def exchange(url, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read()), response.headers
    finally:
        connection.close()


def test_over_the_wire(server_url, letter):
    body = json.dumps({"image": data_url(letter), "alphabet": "upper"})
    status, answer, headers = exchange(server_url, "POST", "/predict", body, JSON)
    assert (status, answer["text"]) == (200, "Z")
    assert headers["Cache-Control"] == "no-store"
    assert exchange(server_url, "GET", "/healthz")[0] == 200


def test_a_body_over_the_limit_gets_its_answer_over_the_wire(server_url):
    status, answer, _ = exchange(server_url, "POST", "/predict", bytes(2 * Settings().max_bytes), JSON)
    assert (status, answer["error"]["code"]) == (413, "too_large")


@asks_it_to_stop
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_answers_and_stops(stop):
    port = free_port()
    server = start(free_port(), (*SERVE, "--port", str(port)))  # an option counts more than a variable
    try:
        line = server.stdout.readline()
        assert line == f"Letters is at http://127.0.0.1:{port} (model letter.tflite; stop with Ctrl+C)\n"
        assert exchange(f"http://127.0.0.1:{port}", "GET", "/healthz")[0] == 200
        server.send_signal(stop)
        rest, errors = server.communicate(timeout=10)
    finally:
        server.kill()
    assert (server.returncode, rest) == (0, "")
    assert json.loads(errors)["path"] == "/healthz"


def test_a_taken_port_is_named_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = start(taken.getsockname()[1])
        output, errors = server.communicate(timeout=20)
    assert (server.returncode, output) == (1, "")
    assert len(errors.splitlines()) == 1
    assert "--port" in errors


def test_the_server_loads_neither_tensorflow_nor_pandas():
    code = (
        "import sys, letters.serve.app; letters.serve.app.create_app(); "
        "print([name for name in ('tensorflow', 'keras', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


@contextmanager
def running(**settings):
    """The command, started; its address. It is stopped at the end, where it has not stopped before."""
    port = free_port()
    server = start(port, **settings)
    try:
        assert server.stdout.readline()
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.communicate()


@asks_it_to_stop
def test_what_is_being_answered_when_the_server_is_stopped_still_is():
    page = compose.page("\n".join(["SEVERAL LONG LINES"] * 6), pen.draw_hand(1), "photo", seed=2)
    body = json.dumps({"image": data_url(encode(page.picture))})
    answers = []
    with running() as (server, url):

        def send():
            answers.append(exchange(url, "POST", "/predict", body, JSON))

        sending = threading.Thread(target=send)
        sending.start()
        time.sleep(0.15)  # it has been sent, and takes longer to read
        server.send_signal(signal.SIGTERM)
        sending.join(20)
        assert server.wait(10) == 0
    ((status, answer, _),) = answers
    assert status == 200
    assert len(answer["letters"]) > 50


@asks_it_to_stop
def test_whatever_is_sent_the_log_has_nothing_but_its_lines(letter):
    header = io.BytesIO()
    Image.new("L", (1, 1)).save(header, "BMP")
    bomb = bytearray(header.getvalue())
    bomb[18:26] = struct.pack("<2i", 10_000, 10_000)  # Pillow warns of a picture of this size
    with running() as (server, url):
        place = urlsplit(url)
        for data in (b"\x16\x03\x01", b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nhalf"):
            with socket.create_connection((place.hostname, place.port)) as bare:
                bare.sendall(data)
        for data in (bytes(bomb), b"no picture", letter):
            exchange(url, "POST", "/predict", json.dumps({"image": data_url(data)}), JSON)
        server.send_signal(signal.SIGTERM)
        output, errors = server.communicate(timeout=20)
    assert output == ""
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["status"] for line in lines] == [413, 415, 200]


@pytest.mark.skipif(sys.platform != "linux", reason="the heap of other systems is left as it is")
def test_pictures_leave_no_memory_taken(letter):
    """Large and small ones at once, so that what is small comes to lie behind what is large."""
    page = compose.page("SEVERAL LINES\nON A PAGE", pen.draw_hand(1), "photo", seed=2).picture
    sides = [1200, 1500, 1900, 2400, 3000, 3600]
    photos = [encode(np.asarray(Image.fromarray(page).resize((side, side))), "JPEG") for side in sides]
    with running(LETTERS_RATE_LIMIT="1000/second") as (server, url):

        def megabytes():
            assert exchange(url, "POST", "/predict", json.dumps({"image": data_url(letter)}), JSON)[0] == 200
            return psutil.Process(server.pid).memory_info().rss / 1024**2

        def client(first):
            for i in range(8):
                for data in (photos[(first + i) % len(photos)], letter):
                    exchange(url, "POST", "/predict", json.dumps({"image": data_url(data)}), JSON)

        client(0)
        before = megabytes()
        clients = [threading.Thread(target=client, args=(i,)) for i in range(4)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        assert megabytes() < before + 40


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork")
def test_several_processes_share_the_work_and_add_up_their_figures(letter, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    body = json.dumps({"image": data_url(letter)})
    server = start(port, GUNICORN, WEB_CONCURRENCY="2", TMPDIR=str(tmp_path))
    try:
        wait_for(port)
        statuses = [exchange(url, "POST", "/predict", body, JSON)[0] for _ in range(12)]
        workers = {child.pid for child in psutil.Process(server.pid).children()}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/metrics")
        figures = connection.getresponse().read().decode()
        connection.close()
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=20)
    finally:
        server.kill()
    assert statuses == [200] * 12
    assert len(workers) == 2
    assert 'letters_requests_total{method="POST",route="/predict",status="200"} 12.0' in figures
    assert server.returncode == 0
    assert [json.loads(line)["path"] for line in errors.splitlines()] == ["/predict"] * 12 + ["/metrics"]
    assert not list(tmp_path.iterdir()), "its figures are left behind"
