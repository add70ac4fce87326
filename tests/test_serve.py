"""The server's contract: what it answers, what it refuses and how, and how it starts and stops."""

import base64
import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from letters import compose, ink, pen
from serve.app import MAX_BYTES, create_app

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def client(recognizer):
    return create_app(recognizer).test_client()


@pytest.fixture
def letter(strokes_of):
    """A large, plain Z: uint8 (H, W), black on white, wider than high."""
    return picture(strokes_of("Z"))


def picture(strokes, size=(420, 300), side=150, corner=(180, 40), width=0.08, paper=255, pen=0):
    """Strokes on a sheet: uint8 (height, width) with the letter somewhere on it."""
    drawn = ink.draw_strokes(strokes, width, side=side, margin=20).astype(float) / 255
    sheet = np.full(size[::-1], float(paper))
    x, y = corner
    part = sheet[y : y + drawn.shape[0], x : x + drawn.shape[1]]
    part += (pen - part) * drawn[: part.shape[0], : part.shape[1]]
    return sheet.round().astype(np.uint8)


def encode(image, format="PNG", **options):
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, format, **options)
    return stream.getvalue()


def data_url(data, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def upload(client, data, **fields):
    return client.post("/predict", data={"image": (io.BytesIO(data), "letter.png"), **fields})


def read(client, data, **fields):
    response = upload(client, data, **fields)
    assert response.status_code == 200, response.text
    return response.json["text"]


# ------------------------------------------------------------------------------------------- what it answers


def test_the_answer_is_that_of_the_contract(client, letter):
    response = client.post("/predict", json={"image": data_url(encode(letter))})
    assert response.status_code == 200
    answer = response.json
    assert set(answer) == {"prediction", "text", "unsure", "letters"}
    (found,) = answer["letters"]
    assert set(found) == {"box", "letter", "unsure", "candidates", "frame"}
    assert answer["text"] == found["letter"] == answer["prediction"][0]["letter"] == "Z"
    assert answer["unsure"] is found["unsure"] is False
    assert answer["prediction"] == found["candidates"]
    percents = [candidate["percent"] for candidate in answer["prediction"]]
    assert len(percents) == 3
    assert percents == sorted(percents, reverse=True)
    assert 50 < percents[0] <= sum(percents) <= 100.02


def test_the_box_lies_around_the_ink_and_the_frame_is_what_the_network_saw(client, letter):
    (found,) = upload(client, encode(letter)).json["letters"]
    rows, columns = np.nonzero(letter < 128)
    expected = columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1
    assert found["box"] == pytest.approx(expected, abs=3)
    png = base64.b64decode(found["frame"].removeprefix("data:image/png;base64,"))
    assert (np.asarray(Image.open(io.BytesIO(png))) == ink.frame(letter)).all()


def test_json_and_upload_get_the_same_answer(client, letter):
    data = encode(letter)
    as_json = client.post("/predict", json={"image": data_url(data)}).json
    assert as_json == upload(client, data).json
    assert as_json == client.post("/predict", data={"image": data_url(data)}, content_type="multipart/form-data").json


@pytest.mark.parametrize(("alphabet", "text"), [("upper", "S"), ("lower", "s"), ("any", "S")])
def test_the_alphabet_is_a_form_json_or_query_field(client, strokes_of, alphabet, text):
    data = encode(picture(strokes_of("S")))
    assert read(client, data, alphabet=alphabet) == text
    assert client.post("/predict", json={"image": data_url(data), "alphabet": alphabet}).json["text"] == text
    assert client.post(f"/predict?alphabet={alphabet}", json={"image": data_url(data)}).json["text"] == text


def test_words_come_with_a_box_for_each_letter(client):
    page = compose.page("TWO LINES\nIN WORDS", pen.draw_hand(1), "canvas", seed=2)
    answer = upload(client, encode(page.picture), language="en").json
    assert answer["text"] == "TWO LINES\nIN WORDS"
    assert "".join(letter["letter"] for letter in answer["letters"]) == "TWOLINESINWORDS"
    assert np.abs(np.array([letter["box"] for letter in answer["letters"]]) - page.boxes).max() < 8
    assert answer["prediction"] == answer["letters"][0]["candidates"]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_every_format_is_read(client, letter, format):
    data = encode(letter, format)
    assert read(client, data) == "Z"
    url = data_url(data, f"image/{format.lower()}")
    assert client.post("/predict", json={"image": url}).json["text"] == "Z"


@pytest.mark.parametrize(("paper", "pen"), [(255, 0), (0, 255), (230, 90), (40, 190)])
def test_dark_on_light_and_light_on_dark(client, strokes_of, paper, pen):
    assert read(client, encode(picture(strokes_of("Z"), paper=paper, pen=pen))) == "Z"


@pytest.mark.parametrize("pen", [0, 255])
def test_a_transparent_ground(client, letter, pen):
    rgba = np.full((*letter.shape, 4), pen, np.uint8)
    rgba[..., 3] = 255 - letter
    assert read(client, encode(rgba)) == "Z"


@pytest.mark.parametrize(
    "place",
    [
        {"size": (1600, 1200), "side": 200, "corner": (1300, 900)},
        {"size": (1600, 1200), "side": 1100, "corner": (5, 5), "width": 0.04},
        {"size": (60, 60), "side": 20, "corner": (0, 0), "width": 0.12},
        {"size": (900, 200), "side": 120, "corner": (10, 20), "width": 0.14},
        {"size": (200, 900), "side": 120, "corner": (20, 700), "width": 0.03},
    ],
    ids=["far corner", "fills the sheet", "tiny", "thick", "thin"],
)
def test_a_letter_is_read_at_any_place_size_and_pen_width(client, strokes_of, place):
    assert read(client, encode(picture(strokes_of("Z"), **place))) == "Z"


@pytest.mark.parametrize(("alphabet", "letters"), [("upper", "ABEGHKMRSW"), ("lower", "abdeghkmny")])
def test_nine_of_ten_letters_are_read(client, strokes_of, alphabet, letters):
    drawn = [(letter, picture(strokes_of(letter, seed))) for letter in letters for seed in range(6)]
    right = [read(client, encode(sheet), alphabet=alphabet) == letter for letter, sheet in drawn]
    assert sum(right) >= 0.9 * len(right)


def test_health_names_the_model(client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json == {"status": "ok", "model": "letters.tflite"}


def test_the_page_and_all_it_names_come_from_here(client):
    html = client.get("/").text
    named = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(named) >= 3
    for address in named:
        assert address.startswith("/static/")
        assert client.get(address).status_code == 200
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html), "the CSP forbids inline code"


@pytest.mark.parametrize("address", ["/", "/healthz", "/static/page.js", "/nowhere"])
def test_every_answer_carries_the_security_headers(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


# -------------------------------------------------------------------------------------------- what it refuses


def refusal(response):
    assert set(response.json) == {"error"}
    assert set(response.json["error"]) == {"code", "message"}
    assert len(response.json["error"]["message"]) > 20
    assert "0x" not in response.json["error"]["message"], "the address of an object says nothing to a user"
    return response.status_code, response.json["error"]["code"]


BLANK = encode(np.full((50, 50), 255, np.uint8))
BODIES = {
    "no field": ({}, 400, "no_image"),
    "null": ({"image": None}, 400, "no_image"),
    "a number": ({"image": 5}, 400, "wrong_type"),
    "a list": ({"image": ["data:image/png;base64,"]}, 400, "wrong_type"),
    "a list as body": (["data:image/png;base64,"], 400, "not_an_object"),
    "a string as body": ("data:image/png;base64,", 400, "not_an_object"),
    "no data URL": ({"image": "https://example.org/a.png"}, 400, "not_a_data_url"),
    "bare base64": ({"image": base64.b64encode(BLANK).decode()}, 400, "not_a_data_url"),
    "not base64-encoded": ({"image": "data:image/png,abc"}, 400, "not_a_data_url"),
    "text": ({"image": data_url(b"hello", "text/plain")}, 415, "not_an_image"),
    "svg": ({"image": data_url(b"<svg/>", "image/svg+xml")}, 415, "not_an_image"),
    "no type": ({"image": data_url(BLANK, "")}, 415, "not_an_image"),
    "bad base64": ({"image": "data:image/png;base64,a*b"}, 400, "bad_base64"),
    "short base64": ({"image": "data:image/png;base64,abcde"}, 400, "bad_base64"),
    "not ASCII": ({"image": "data:image/png;base64,\ud800é"}, 400, "bad_base64"),
    "empty": ({"image": "data:image/png;base64,"}, 400, "empty_image"),
    "no picture": ({"image": data_url(b"hello")}, 415, "not_an_image"),
    "blank": ({"image": data_url(BLANK)}, 422, "no_ink"),
    "unknown alphabet": ({"image": data_url(BLANK), "alphabet": "greek"}, 400, "unknown_alphabet"),
    "unknown language": ({"image": data_url(BLANK), "language": "xx"}, 400, "unknown_language"),
    "language of wrong type": ({"image": data_url(BLANK), "language": {"a": 1}}, 400, "unknown_language"),
    "alphabet of wrong type": ({"image": data_url(BLANK), "alphabet": []}, 400, "unknown_alphabet"),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_json_body_that_cannot_be_read(client, case):
    body, status, code = BODIES[case]
    assert refusal(client.post("/predict", json=body)) == (status, code)


@pytest.mark.parametrize("body", [b"", b"{", b"image=1", b"\xff\xfe", b"[" * 100_000, b"NaN,"])
def test_a_body_that_is_not_json(client, body):
    response = client.post("/predict", data=body, content_type="application/json")
    assert refusal(response) == (400, "not_json")


def test_an_upload_that_cannot_be_read(client, letter):
    whole = encode(letter)
    assert refusal(client.post("/predict", data={}, content_type="multipart/form-data")) == (400, "no_image")
    assert refusal(client.post("/predict", data={"picture": (io.BytesIO(whole), "a.png")})) == (
        400,
        "no_image",
    )
    assert refusal(upload(client, b"")) == (400, "empty_image")
    assert refusal(upload(client, b"no picture at all")) == (415, "not_an_image")
    assert refusal(upload(client, whole[: len(whole) // 2])) == (415, "not_an_image")
    assert refusal(upload(client, b"<svg xmlns='http://www.w3.org/2000/svg'/>")) == (415, "not_an_image")
    assert refusal(upload(client, BLANK)) == (422, "no_ink")
    assert refusal(upload(client, whole, alphabet="greek")) == (400, "unknown_alphabet")


def test_too_many_pixels_are_refused_before_they_are_decoded(client):
    for side in (8_000, 15_000):
        bomb = encode(Image.new("1", (side, side)))
        assert len(bomb) < MAX_BYTES
        assert refusal(upload(client, bomb)) == (413, "too_many_pixels")


def test_another_content_type(client):
    assert refusal(client.post("/predict", data=BLANK, content_type="image/png")) == (
        415,
        "unsupported_media_type",
    )
    assert refusal(client.post("/predict", data={"image": "a"})) == (415, "unsupported_media_type")
    assert refusal(client.post("/predict")) == (415, "unsupported_media_type")


def test_what_the_framework_refuses_has_the_same_form(client):
    assert refusal(client.get("/nowhere")) == (404, "not_found")
    wrong_method = client.get("/predict")
    assert refusal(wrong_method) == (405, "method_not_allowed")
    assert "POST" in wrong_method.headers["Allow"]
    assert refusal(upload(client, bytes(MAX_BYTES))) == (413, "too_large")
    text = {"image": "a" * MAX_BYTES}
    assert refusal(client.post("/predict", json=text)) == (413, "too_large")


def test_a_large_photo_within_the_limit_is_read(client, strokes_of):
    sheet = picture(strokes_of("Z"), size=(1500, 1500), side=1000, corner=(100, 100))
    noise = np.random.default_rng(0).normal(0, 6, sheet.shape)
    data = encode(np.clip(sheet + noise, 0, 255).astype(np.uint8), "BMP")
    assert len(data) > 1_000_000  # werkzeug stops at 500 kB of a form field unless it is told otherwise
    assert read(client, data) == "Z"
    as_text = client.post("/predict", data={"image": data_url(data, "image/bmp")}, content_type="multipart/form-data")
    assert as_text.json["text"] == "Z"


def test_a_fault_of_ours_is_named_without_its_details():
    class Broken:
        def read(self, source, alphabet):
            raise RuntimeError("secret")

    app = create_app(Broken())
    app.logger.disabled = True
    response = upload(app.test_client(), BLANK)
    assert refusal(response) == (500, "server_error")
    assert "secret" not in response.text


HEADS = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"RIFF\x24\0\0\0WEBPVP8 "]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=300))
def test_any_bytes_get_an_answer(client, head, tail):
    assert upload(client, head + tail).status_code < 500


@settings(max_examples=60, deadline=None)
@given(
    place=st.integers(0, 10_000),
    value=st.integers(0, 255),
    format=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
)
def test_a_damaged_picture_gets_an_answer(client, place, value, format):
    data = bytearray(encode(cv2.circle(np.zeros((40, 40), np.uint8), (20, 20), 9, 255, 2), format))
    data[place % len(data)] = value
    assert upload(client, bytes(data)).status_code < 500


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
    body = json.dumps({"image": data_url(encode(letter)), "alphabet": "upper"})
    status, answer, headers = exchange(server_url, "POST", "/predict", body, {"Content-Type": "application/json"})
    assert (status, answer["text"]) == (200, "Z")
    assert headers["Cache-Control"] == "no-store"
    assert exchange(server_url, "GET", "/healthz")[0] == 200


def test_a_body_over_the_limit_gets_its_answer_over_the_wire(server_url):
    status, answer, _ = exchange(
        server_url, "POST", "/predict", bytes(2 * MAX_BYTES), {"Content-Type": "application/json"}
    )
    assert (status, answer["error"]["code"]) == (413, "too_large")


def start(port):
    command = [sys.executable, "-m", "serve.app", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_answers_and_stops(stop):
    port = free_port()
    server = start(port)
    try:
        line = server.stdout.readline()
        assert line == f"Letters is at http://127.0.0.1:{port} (model letters.tflite; stop with Ctrl+C)\n"
        assert exchange(f"http://127.0.0.1:{port}", "GET", "/healthz")[0] == 200
        server.send_signal(stop)
        rest, errors = server.communicate(timeout=10)
    finally:
        server.kill()
    assert (server.returncode, rest, errors) == (0, "", "")


def test_a_taken_port_is_named_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = start(taken.getsockname()[1])
        output, errors = server.communicate(timeout=20)
    assert (server.returncode, output) == (1, "")
    assert len(errors.splitlines()) == 1
    assert "--port" in errors


def test_the_server_loads_neither_tensorflow_nor_pandas():
    code = (
        "import sys, serve.app; serve.app.create_app(); "
        "print([name for name in ('tensorflow', 'keras', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
