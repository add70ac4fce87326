"""The server's contract: what it answers, what it refuses and how, and how it starts and stops."""

import base64
import gzip
import io
import json
import re
import zipfile
from itertools import groupby
from urllib.parse import urljoin

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import MadeUpRecognizer
from PIL import Image
from sheets import data_url, encode, picture

from letters import alphabet, compose, ink, metrics, pen
from letters.serve.app import ALPHABETS as LABELS
from letters.serve.app import create_app
from letters.serve.settings import Settings, SettingsError

MAX_BYTES = Settings().max_bytes
pillow_heif.register_heif_opener()  # so that Pillow writes HEIC here


@pytest.fixture(scope="module")
def client(recognizer):
    return create_app(recognizer, Settings(rate_limit="10000/second", access_log="off")).test_client()


@pytest.fixture
def letter(strokes_of):
    """A large, plain Z: uint8 (H, W), black on white, wider than high."""
    return picture(strokes_of("Z"))


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
    assert set(answer) == {"prediction", "text", "unsure", "turned", "letters"}
    assert answer["turned"] == 0
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
    seen = np.asarray(Image.open(io.BytesIO(png))).astype(int)  # by the network, softer than the ink on an even ground
    assert np.abs(seen - ink.frame(letter)).mean() < 20


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
    off = np.abs(np.array([letter["box"] for letter in answer["letters"]]) - page.boxes)
    # of letters that are 130 px high; strips have a fifth of that. How well boxes fit is for the tests of reading.
    assert np.median(off) < 8 and np.mean(off < 40) > 0.9
    assert answer["prediction"] == answer["letters"][0]["candidates"]


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_answer_says_how_far_a_picture_was_turned_to_be_read(letter, turned):
    made_up = MadeUpRecognizer()
    made_up.turned = turned
    client = create_app(made_up, Settings(access_log="off")).test_client()
    assert upload(client, encode(letter)).json["turned"] == turned


def test_a_picture_is_read_as_it_lies_where_that_is_asked_for(letter):
    made_up = MadeUpRecognizer()
    made_up.turned = 90
    client = create_app(made_up, Settings(access_log="off")).test_client()
    data = encode(letter)
    for turn, turned in (("false", 0), ("true", 90)):
        assert upload(client, data, turn=turn).json["turned"] == turned
        assert client.post(f"/predict?turn={turn}", data=data).json["turned"] == turned
    for turn, turned in ((False, 0), (True, 90), (None, 90)):
        assert client.post("/predict", json={"image": data_url(data), "turn": turn}).json["turned"] == turned


def decoded(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))))


def test_an_answer_can_be_explained(client):
    page = compose.page("TWO LINES\nOF WORDS", pen.draw_hand(1), "canvas", seed=2)
    plain, answer = (upload(client, encode(page.picture), explain=explain).json for explain in ("false", "true"))
    seen = answer.pop("explanation")
    assert answer == plain
    assert seen["alone"] is False and seen["all_lines"] == len(seen["lines"]) == 2
    x, y, width, height = seen["part"]
    rows, columns, _ = np.nonzero(page.picture < 100)
    assert x <= columns.min() < columns.max() < x + width and y <= rows.min() < rows.max() < y + height
    found, core = decoded(seen["ink"]), decoded(seen["core"])
    assert found.shape == core.shape and found.shape[1] / found.shape[0] == pytest.approx(width / height, rel=0.02)
    assert 0.01 < (found > 128).mean() < 0.3 and 0.02 < (core > 128).mean() < 0.5
    read = answer["text"].split("\n")
    assert metrics.edits("TWO LINES\nOF WORDS", answer["text"])[0] <= 3
    starts = 0, len(read[0].replace(" ", ""))
    for line, first, text in zip(seen["lines"], starts, read, strict=True):
        strip = decoded(line["strip"])
        assert strip.shape == (48, 2 * len(line["symbols"])) and len(line["percents"]) == len(line["symbols"])
        said = "".join(name for name, _ in groupby(line["symbols"])).strip()
        assert metrics.edits(said, text.lower())[0] <= 1
        assert line["first"] == first and len(line["boxes"]) == len(text.replace(" ", ""))
        x, y, width, height = line["boxes"][0]
        assert strip[y : y + height, x : x + width].max() > 200


def test_an_explanation_of_one_letter_says_that_it_was_read_alone(client, letter):
    answer = client.post("/predict", json={"image": data_url(encode(letter)), "explain": True}).json
    assert answer["text"] == "Z" and answer["explanation"]["alone"] is True


def test_an_explanation_has_bounds():
    made_up = MadeUpRecognizer()
    client = create_app(made_up, Settings(access_log="off")).test_client()
    made_up.text = "\n".join(["W" * 60] * 7)
    noise = np.random.default_rng(0).integers(0, 2, (900, 1200), np.uint8) * 255
    response = upload(client, encode(noise), explain="true")
    seen = response.json["explanation"]
    assert decoded(seen["ink"]).shape == decoded(seen["core"]).shape == (360, 480)
    assert seen["all_lines"] == 7 and len(seen["lines"]) == 5
    for number, line in enumerate(seen["lines"]):
        assert decoded(line["strip"]).shape == (48, 1280) and len(line["symbols"]) == len(line["percents"]) == 640
        assert line["first"] == 60 * number and 50 < len(line["boxes"]) < 60  # the last ones are beyond the strip's end
    explanation = json.dumps(seen)
    assert len(explanation) < 1_500_000  # of noise, which does not compress
    sheet = encode(compose.page("SOME WORDS", pen.draw_hand(1), "canvas", seed=2).picture)
    assert len(json.dumps(upload(client, sheet, explain="true").json["explanation"])) < 400_000


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_every_format_is_read(client, letter, format):
    data = encode(letter, format)
    assert read(client, data) == "Z"
    url = data_url(data, f"image/{format.lower()}")
    assert client.post("/predict", json={"image": url}).json["text"] == "Z"


@pytest.mark.parametrize(
    "kind", ["image/jpg", "image/pjpeg", "IMAGE/JPEG", "image/png", "application/octet-stream", "", "image/jpeg;name=a"]
)
def test_a_data_url_may_name_any_type(client, letter, kind):
    url = data_url(encode(letter, "JPEG"), kind)
    for image in (url, url.replace("data:", "DATA:").replace(";base64", ";BASE64")):
        assert client.post("/predict", json={"image": image}).json["text"] == "Z"


def test_base64_alone_is_read_broken_into_lines_or_not(client, letter):
    data = encode(letter)
    for text in (base64.b64encode(data), base64.encodebytes(data)):
        assert client.post("/predict", json={"image": text.decode()}).json["text"] == "Z"
    as_url = "data:image/png;base64,\n" + base64.encodebytes(data).decode()
    assert client.post("/predict", json={"image": as_url}).json["text"] == "Z"


@pytest.mark.parametrize(
    "kind", ["image/png", "image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", None]
)
def test_a_picture_can_be_the_whole_body(client, letter, kind):
    response = client.post("/predict?alphabet=lower", data=encode(letter), content_type=kind)
    assert response.json["text"] == "z"


def test_a_language_of_null_means_none(client, letter):
    url = data_url(encode(letter))
    plain = client.post("/predict", json={"image": url}).json
    for fields in ({"language": None}, {"language": ""}, {"language": None, "alphabet": None}):
        assert client.post("/predict", json={"image": url, **fields}).json == plain
    assert client.post("/predict?language=en", json={"image": url, "language": None}).json == plain


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
    assert response.json == {"status": "ok", "model": "letter.tflite"}


def test_the_page_and_all_it_names_come_from_here(client):
    html = client.get("/").text
    named = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(named) >= 3
    for address in named:
        assert address.startswith("/static/")
        assert client.get(address).status_code == 200
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html), "the CSP forbids inline code"


def test_the_page_offers_all_alphabets_of_the_library_with_their_labels(client, monkeypatch):
    def offered():
        choice = client.get("/").text.split('<select id="alphabet"')[1].split("</select>")[0]
        return dict(re.findall(r'<option value="(\w+)"(?: selected)?>([^<]+)</option>', choice))

    assert set(offered()) == set(alphabet.ALPHABETS) <= set(LABELS)
    for name in ("greek", "text", "latin"):
        monkeypatch.setitem(alphabet.ALPHABETS, name, "")
    assert list(offered()) == ["any", "upper", "lower", "latin", "text", "greek"]
    assert offered()["latin"] == "All Latin letters (é, ñ, ß)" and offered()["greek"] == "Greek"


def test_links_to_the_page_show_a_card_and_it_can_be_installed(client):
    html = client.get("/").text
    told = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html))
    assert told["og:title"] == "Letters" and told["og:description"] == told["description"]
    assert told["og:url"] == "http://localhost/" and told["og:image"] == "http://localhost/static/card.png"
    card = Image.open(io.BytesIO(client.get("/static/card.png").data))
    assert card.size == (int(told["og:image:width"]), int(told["og:image:height"])) == (1200, 630)
    answer = client.get("/static/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    assert manifest["display"] == "standalone" and urljoin("/static/manifest.webmanifest", manifest["start_url"]) == "/"
    for icon in manifest["icons"]:
        data = client.get("/static/" + icon["src"]).data
        if icon["type"] == "image/png":
            assert "{}x{}".format(*Image.open(io.BytesIO(data)).size) == icon["sizes"]
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])


def test_the_page_links_to_its_source_where_that_is_set(recognizer):
    def html(**chosen):
        return create_app(recognizer, Settings(access_log="off", **chosen)).test_client().get("/").text

    assert "Source code" not in html()
    assert '<a href="https://example.org/letters">Source code</a>' in html(source="https://example.org/letters")


def test_other_sites_may_frame_the_page_only_where_they_are_named(recognizer):
    chosen = Settings(access_log="off", frame_origins=("https://a.example", "https://b.example"))
    policy = create_app(recognizer, chosen).test_client().get("/").headers["Content-Security-Policy"]
    assert policy.split("; ")[-1] == "frame-ancestors https://a.example https://b.example"


@pytest.mark.parametrize("name", ["LETTERS_SOURCE", "LETTERS_FRAME_ORIGINS"])
def test_a_setting_of_the_page_that_is_no_address_is_named(name):
    with pytest.raises(SettingsError, match=f"{name}=example.org makes no sense: give"):
        Settings.from_environment({name: "example.org"})
    assert Settings.from_environment({name: ""}) == Settings()


def test_the_pages_files_are_compressed_for_whoever_takes_that(client):
    for address in ("/", "/static/page.css", "/static/page.js", "/static/icon.svg"):
        plain = client.get(address)
        small = client.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.data) == plain.data and "Accept-Encoding" in small.headers["Vary"]
        if etag := small.headers.get("ETag"):
            again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": etag})
            assert again.status_code == 304 and not again.data
    head = client.head("/", headers={"Accept-Encoding": "gzip"})
    assert head.status_code == 200 and not head.data
    picture = client.get("/static/examples/scan.webp", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in picture.headers


@pytest.mark.parametrize("address", ["/", "/healthz", "/static/page.js", "/nowhere", "/predict"])
def test_every_answer_carries_the_security_headers(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy.split("; ")
    assert "unsafe" not in policy
    for feature in ("camera", "geolocation", "microphone"):
        assert f"{feature}=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


# -------------------------------------------------------------------------------------------- what it refuses


def refusal(response):
    assert set(response.json) == {"error"}
    assert set(response.json["error"]) == {"code", "message"}
    message = response.json["error"]["message"]
    assert message[0].isupper() and message.endswith(".") and len(message) > 20, message
    for inside in ("0x", "truncated", "decoder", "Error", "identify"):
        assert inside not in message, "the words of a library say nothing to a user"
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
    "blank, as base64 alone": ({"image": base64.b64encode(BLANK).decode()}, 422, "no_ink"),
    "not base64-encoded": ({"image": "data:image/png,abc"}, 400, "not_a_data_url"),
    "text": ({"image": data_url(b"hello", "text/plain")}, 415, "not_an_image"),
    "svg": ({"image": data_url(b"<svg/>", "image/svg+xml")}, 415, "not_an_image"),
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
    "turn of wrong type": ({"image": data_url(BLANK), "turn": 1}, 400, "wrong_type"),
    "explain of wrong type": ({"image": data_url(BLANK), "explain": "yes"}, 400, "wrong_type"),
    "blank, to be explained": ({"image": data_url(BLANK), "explain": True}, 422, "no_ink"),
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
    assert refusal(upload(client, BLANK)) == (422, "no_ink")
    assert refusal(upload(client, whole, alphabet="greek")) == (400, "unknown_alphabet")
    assert refusal(upload(client, whole, **{str(i): "" for i in range(10)})) == (400, "too_many_fields")
    assert upload(client, whole, **{str(i): "" for i in range(9)}).status_code == 200


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><p>A", "a web page"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a film"),
        (b"letters", "text"),
    ],
)
def test_a_file_that_is_not_a_picture_is_named(client, data, name):
    as_body = client.post("/predict", data=data, content_type="image/png")
    for response in (upload(client, data), client.post("/predict", json={"image": data_url(data)}), as_body):
        assert refusal(response) == (415, "not_an_image")
        assert response.json["error"]["message"].startswith(f"This file is {name}. ")
    assert refusal(upload(client, zipped())) == (415, "not_an_image")


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_a_file_that_is_cut_off_says_so(client, letter, format):
    whole = encode(letter, format)
    response = upload(client, whole[: len(whole) // 2])
    assert refusal(response) == (415, "not_an_image")
    assert "cut off" in response.json["error"]["message"]


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "hidden")
    return stream.getvalue()


@pytest.mark.parametrize(
    "more", [zipped(), b"<SCRIPT>alert(1)</SCRIPT>", b"<!DOCTYPE html><p>", b"%PDF-1.7", b"<?php phpinfo();"]
)
@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF"])
def test_a_picture_that_is_something_else_as_well_is_refused(client, letter, format, more):
    data = encode(letter, format)
    assert refusal(upload(client, data + more)) == (415, "not_only_an_image")
    assert read(client, data + b"the film that some phones add to a photo") == "Z"


def test_a_picture_made_to_take_long_is_refused(client):
    plain = encode(Image.new("L", (4000, 4000), 255), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    bomb = plain[:last] + plain[last:-2] * 30_000 + plain[-2:]
    assert refusal(upload(client, bomb)) == (413, "too_slow")


def test_metadata_is_not_in_the_answer(client, letter):
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "Secret Camera Works", "Jane Doe"  # maker and artist
    response = upload(client, encode(letter, "JPEG", exif=exif))
    assert response.json["text"] == "Z"
    assert "Secret" not in response.text and "Jane" not in response.text


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_is_read(client, strokes_of, format):
    first, *rest = (Image.fromarray(picture(strokes_of(name))) for name in "ZAB")
    assert read(client, encode(first, format, save_all=True, append_images=rest)) == "Z"


def test_too_many_pixels_are_refused_before_they_are_decoded(client):
    for side in (8_000, 15_000):
        bomb = encode(Image.new("1", (side, side)))
        assert len(bomb) < MAX_BYTES
        assert refusal(upload(client, bomb)) == (413, "too_many_pixels")


def test_another_content_type(client):
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
        def read(self, *arguments, **options):
            raise RuntimeError("secret")

    app = create_app(Broken())
    app.logger.disabled = True
    response = upload(app.test_client(), BLANK)
    assert refusal(response) == (500, "server_error")
    assert "secret" not in response.text


HEADS = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"RIFF\x24\0\0\0WEBPVP8 "]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=300))
def test_any_bytes_get_an_answer(client, head, tail):
    assert upload(client, head + tail).status_code < 500


@settings(max_examples=60)
@given(
    place=st.integers(0, 10_000),
    value=st.integers(0, 255),
    format=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
)
def test_a_damaged_picture_gets_an_answer(client, place, value, format):
    data = bytearray(encode(cv2.circle(np.zeros((40, 40), np.uint8), (20, 20), 9, 255, 2), format))
    data[place % len(data)] = value
    assert upload(client, bytes(data)).status_code < 500
