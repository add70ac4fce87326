"""The web page and its one question: POST a picture to /predict, get the letters it shows.

`python -m serve.app` starts it; `create_app` gives the WSGI application to any other server.
"""

import argparse
import base64
import json
import signal
import sys

import cv2
import waitress
from flask import Flask, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from letters import Recognizer, alphabet, ink
from letters.language import LANGUAGES
from letters.recognizer import ModelError

MAX_BYTES = 10 * 1024 * 1024  # of a request's body: a photo of a phone fits
SWALLOWED_BYTES = 64 * 1024 * 1024  # waitress hangs up above this; below, a client that sends too much hears why
BEST = 3  # candidates in an answer

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
PICTURE_STATUS = {"not_an_image": 415, "too_many_pixels": 413, "empty_image": 400, "no_ink": 422}
FRAMEWORK_ERRORS = {
    400: ("bad_request", "the request could not be understood; see the README for its form"),
    404: ("not_found", "there is nothing here; the page is at /, letters are read at POST /predict"),
    405: (
        "method_not_allowed",
        "this address does not take that method; letters are read with POST /predict",
    ),
    413: ("too_large", f"the request is too large; send a picture of at most {MAX_BYTES // 1024**2} MB"),
    500: ("server_error", "the server failed on this request; its log says why"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Refused(Exception):
    """A request that cannot be answered: HTTP status, short code, and a message that says what to do."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def create_app(recognizer=None):
    """The Flask application. recognizer: the shipped one by default. Raises letters.recognizer.ModelError."""
    recognizer = recognizer or Recognizer.load()
    app = Flask(__name__)
    # the second is for a data URL sent as a form field: werkzeug stops at 500 kB otherwise
    app.config.update(MAX_CONTENT_LENGTH=MAX_BYTES, MAX_FORM_MEMORY_SIZE=MAX_BYTES)

    @app.get("/")
    def page():
        return render_template("index.html", max_bytes=MAX_BYTES, image_types=",".join(IMAGE_TYPES))

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok", model=recognizer.path.name)

    @app.post("/predict")
    def predict():
        picture, chosen, language = _question()
        reading = recognizer.read(picture, chosen, language)
        return jsonify(_answer(reading))

    @app.errorhandler(Refused)
    def refused(error):
        return _error(error.status, error.code, str(error))

    @app.errorhandler(ink.PictureError)
    def unreadable(error):
        return _error(PICTURE_STATUS.get(error.code, 422), error.code, str(error))

    @app.errorhandler(HTTPException)
    def framework(error):
        name = error.name.lower().replace(" ", "_")
        code, message = FRAMEWORK_ERRORS.get(error.code, (name, error.description))
        response = _error(error.code, code, message)
        if "Allow" in (headers := error.get_response().headers):
            response.headers["Allow"] = headers["Allow"]
        return response

    @app.after_request
    def protect(response):
        response.headers.update(HEADERS)
        if request.path == "/predict":
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


# ------------------------------------------------------------------------------------ from request to picture


def _question():
    """The picture (bytes), the alphabet and the language (or None) of a request. Raises Refused."""
    if request.mimetype == "application/json":
        fields = _json_object()
        picture = _from_data_url(_required(fields.get("image")))
    elif request.mimetype == "multipart/form-data":
        fields = request.form
        file = request.files.get("image")
        picture = file.read() if file else _from_data_url(_required(fields.get("image")))
    else:
        sent = f"not {request.mimetype}" if request.mimetype else "and name it in Content-Type"
        raise Refused(
            415,
            "unsupported_media_type",
            f"send the picture as application/json or multipart/form-data, {sent}",
        )
    if not picture:
        raise Refused(400, "empty_image", "the picture is empty: it has no bytes; choose another file")
    chosen = fields.get("alphabet", request.args.get("alphabet", "any"))
    spoken = fields.get("language", request.args.get("language")) or None
    return picture, _one_of("alphabet", chosen, alphabet.ALPHABETS), _one_of("language", spoken, (None, *LANGUAGES))


def _json_object():
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        message = f'the body is not JSON ({reason}); send {{"image": "data:image/png;base64,..."}}'
        raise Refused(400, "not_json", message) from error
    if not isinstance(body, dict):
        raise Refused(400, "not_an_object", 'the JSON must be an object: {"image": "data:image/png;base64,..."}')
    return body


def _required(image):
    if image is None:
        raise Refused(
            400,
            "no_image",
            "there is no image in the request; send a file as the form field `image`, "
            "or a data URL as the JSON field `image`",
        )
    if not isinstance(image, str):
        raise Refused(400, "wrong_type", "the field `image` must be a string: a data URL of a picture")
    return image


def _from_data_url(url):
    head, comma, payload = url.partition(",")
    kind, *parameters = head.removeprefix("data:").lower().split(";")
    if not head.startswith("data:") or not comma or "base64" not in parameters:
        raise Refused(400, "not_a_data_url", "the field `image` must begin with data:image/png;base64, or the like")
    if kind not in IMAGE_TYPES:
        raise Refused(415, "not_an_image", f"the data URL holds {kind or 'no type'}; send {', '.join(IMAGE_TYPES)}")
    try:
        return base64.b64decode(payload, validate=True)
    except ValueError as error:
        message = f"the data URL's base64 is broken ({error}); encode the file again"
        raise Refused(400, "bad_base64", message) from error


def _one_of(field, chosen, known):
    if isinstance(chosen, (list, dict)) or chosen not in known:
        names = ", ".join(name for name in known if name)
        raise Refused(400, f"unknown_{field}", f"there is no {field} {str(chosen)[:20]!r}; choose one of {names}")
    return chosen


# ------------------------------------------------------------------------------------ from reading to answer


def _answer(reading):
    letters = [
        {
            "box": [int(value) for value in found.box],
            "letter": found.letter,
            "unsure": bool(found.unsure),
            "candidates": [
                {"letter": name, "percent": round(100 * share, 2)} for name, share in found.candidates[:BEST]
            ],
            "frame": _png_url(found.frame),
        }
        for found in reading.letters
    ]
    return {
        "prediction": letters[0]["candidates"],
        "text": reading.text,
        "unsure": any(letter["unsure"] for letter in letters),
        "letters": letters,
    }


def _png_url(frame):
    """A frame, uint8 (28, 28), as the data URL of a PNG."""
    _, png = cv2.imencode(".png", frame)
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _error(status, code, message):
    response = jsonify(error={"code": code, "message": message})
    response.status_code = status
    return response


# ------------------------------------------------------------------------------------------- the command


def serve(host, port):
    """Serve the page until SIGINT or SIGTERM. Returns the exit code."""
    try:
        recognizer = Recognizer.load()
        server = waitress.create_server(
            create_app(recognizer), host=host, port=port, ident=None, max_request_body_size=SWALLOWED_BYTES
        )
    except ModelError as error:
        print(f"serve: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(
            f"serve: cannot listen on {host}:{port} ({error}); choose another port with --port",
            file=sys.stderr,
        )
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # a KeyboardInterrupt, on which waitress stops
    print(f"Letters is at http://{host}:{port} (model {recognizer.path.name}; stop with Ctrl+C)", flush=True)
    server.run()
    server.close()
    return 0


def _port(text):
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m serve.app", description="Serves the page that reads letters.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=_port, default=5000, help="port to listen on (5000)")
    options = parser.parse_args(arguments)
    return serve(options.host, options.port)


if __name__ == "__main__":
    sys.exit(main())
