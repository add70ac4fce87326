"""The web page, and the server behind it: POST a picture to /predict, get the letters it shows.

`letters serve` starts it; `create_app` gives the WSGI application to any other server.
"""

import gzip
import io
import json
import logging
import os
import signal
import sys
import warnings
from pathlib import Path

import cv2
import waitress
from flask import Flask, Request, g, jsonify, render_template, request
from flask_limiter import Limiter
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from letters import Recognizer
from letters import picture as pictures
from letters.alphabet import ALPHABETS as ALL_ALPHABETS
from letters.language import NAMES
from letters.recognizer import ModelError
from letters.serve import memory, monitoring
from letters.serve.explanation import explanation_of, png_url
from letters.serve.parsing import IMAGE_TYPES, MOST_FIELDS, RequestError, parse_request
from letters.serve.settings import PREFIX, Settings, SettingsError

SWALLOWED_BYTES = 64 * 1024 * 1024  # waitress hangs up above this; below, a client that sends too much is told why
HEADER_BYTES = 16 * 1024  # of a request
RECEIVED_BYTES = 64 * 1024  # at once: more than a drawn letter has, so that it comes in one piece
CONNECTIONS = 500  # open at once; browsers keep theirs for a while
IDLE_SECONDS = 30  # after which a connection that sends nothing is closed
BEST = 3  # candidates in an answer

ALPHABETS = {  # as the page names them, in its order; one that is not here goes by its name
    "any": "A–Z, either case",
    "upper": "Capitals",
    "lower": "Small letters",
    "latin": "All Latin letters (é, ñ, ß)",
    "text": "Everything (digits, marks)",
}
DESCRIPTION = Path(__file__).with_name("openapi.json")
PICTURE_STATUS = {
    "not_an_image": 415,
    "too_many_pixels": 413,
    "too_many_letters": 413,
    "too_slow": 413,
    "empty_image": 400,
    "no_ink": 422,
}
TEXT_TYPES = ("text/html", "text/css", "text/javascript", "image/svg+xml", "application/manifest+json")
FRAMEWORK_ERRORS = {
    400: ("bad_request", "The request could not be understood. See /openapi.json for its form."),
    404: ("not_found", "There is nothing here. The page is at /, and letters are read at POST /predict."),
    405: ("method_not_allowed", "This address does not take that method. Letters are read with POST /predict."),
    429: ("too_many_requests", "Too many requests. Wait as many seconds as Retry-After says."),
    500: ("server_error", "The server failed on this request. Its log says why."),
}
POLICY = "Content-Security-Policy"
HEADERS = {
    POLICY: "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors ",  # and who they are
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class InMemory(Request):
    """A request whose files stay in memory; werkzeug writes those over 500 kB to a temporary one."""

    def _get_file_stream(self, *_, **__):
        return io.BytesIO()


def create_app(recognizer: Recognizer | None = None, settings: Settings | None = None) -> Flask:
    """The Flask application.

    recognizer: the one that the settings name by default. settings: those of the environment by default.
    Raises letters.recognizer.ModelError, settings.SettingsError.
    """
    settings = settings or Settings.from_environment()
    recognizer = recognizer or Recognizer.load(settings.model)
    limits = pictures.Limits(settings.max_megapixels * 10**6, settings.max_decode_seconds, settings.max_letters)
    cv2.setNumThreads(1)  # requests share the cores already
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of odd pictures; the log is for what becomes of them
    description = json.loads(DESCRIPTION.read_text("utf-8"))
    headers = {**HEADERS, POLICY: HEADERS[POLICY] + (" ".join(settings.frame_origins) or "'none'")}
    app = Flask(__name__)
    app.request_class = InMemory
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_bytes,  # for a data URL as a form field: werkzeug stops at 500 kB otherwise
        MAX_FORM_PARTS=MOST_FIELDS,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, *(settings.proxies,) * 3)  # X-Forwarded-For, -Proto and -Host
    monitoring.watch(app, settings)
    limiter = Limiter(_client, app=app, storage_uri=settings.rate_storage, headers_enabled=True)

    @app.get("/")
    def page():
        return render_template(
            "index.html",
            max_bytes=settings.max_bytes,
            image_types=",".join(IMAGE_TYPES),
            alphabets=[(name, ALPHABETS.get(name, name.capitalize())) for name in sorted(ALL_ALPHABETS, key=_place)],
            languages=NAMES.items(),
            source=settings.source,
        )

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok", model=recognizer.path.name)

    @app.get("/openapi.json")
    def openapi():
        return jsonify(description)

    @app.post("/predict")
    @limiter.limit(settings.rate_limit)
    def predict():
        asked = parse_request()
        look = recognizer.explain if asked.explain else recognizer.read
        try:
            seen = look(asked.picture, asked.alphabet, asked.language, limits=limits, turn=asked.turn)
        finally:
            if len(asked.picture) > memory.PHOTO:
                memory.give_back()
        reading = seen.reading if asked.explain else seen
        g.letters = len(reading.letters)
        answer = _answer(reading)
        return jsonify({**answer, "explanation": explanation_of(seen)} if asked.explain else answer)

    @app.errorhandler(RequestError)
    def refused(error):
        return _error(error.status, error.code, str(error))

    @app.errorhandler(pictures.PictureError)
    def unreadable(error):
        return _error(PICTURE_STATUS.get(error.code, 422), error.code, str(error))

    @app.errorhandler(HTTPException)
    def framework(error):
        name = error.name.lower().replace(" ", "_")
        code, message = FRAMEWORK_ERRORS.get(error.code, (name, error.description))
        if error.code == 413:
            code = "too_large"
            message = f"The request is too large. Send a picture of at most {settings.max_megabytes:g} MB."
        if isinstance(error, SecurityError):
            code = "untrusted_host"
            message = "The server does not know this host name. Whoever runs it can add it to LETTERS_TRUSTED_HOSTS."
        response = _error(error.code, code, message)
        if "Allow" in (headers := error.get_response().headers):
            response.headers["Allow"] = headers["Allow"]
        return response

    @app.after_request
    def protect(response):
        response.headers.update(headers)
        if request.path == "/predict":
            response.headers["Cache-Control"] = "no-store"
        if settings.cors_origins:
            response.vary.add("Origin")
            if (origin := request.headers.get("Origin")) in settings.cors_origins:
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        return response

    @app.after_request
    def compress(response):
        """Compress the page's own text files to a third, for slow phone connections."""
        wanted = request.endpoint in ("page", "static") and "gzip" in request.accept_encodings
        if wanted and response.status_code == 200 and response.mimetype in TEXT_TYPES:
            response.direct_passthrough = False
            response.set_data(gzip.compress(response.get_data(), mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            response.vary.add("Accept-Encoding")
            if etag := response.get_etag()[0]:
                response.set_etag(etag, weak=True)  # the bytes differ from the uncompressed ones
        return response

    return app


def _place(alphabet):
    """Where the page names an alphabet."""
    return list(ALPHABETS).index(alphabet) if alphabet in ALPHABETS else len(ALPHABETS)


def _client():
    """The client that a request counts for."""
    return request.remote_addr or "unknown"  # a Unix socket has no address


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
            "frame": png_url(found.frame),
        }
        for found in reading.letters
    ]
    return {
        "prediction": letters[0]["candidates"],
        "text": reading.text,
        "unsure": any(letter["unsure"] for letter in letters),
        "turned": reading.turned,
        "letters": letters,
    }


def _error(status, code, message):
    g.refused = code
    response = jsonify(error={"code": code, "message": message})
    response.status_code = status
    return response


# ------------------------------------------------------------------------------------------- the command


def serve(settings: Settings) -> int:
    """Serve the page until SIGINT or SIGTERM, and finish the requests in progress. Returns the exit code."""
    memory.keep_small()
    try:
        app = create_app(settings=settings)
    except ModelError as error:
        print(f"serve: {error}", file=sys.stderr)
        return 1
    place = f"{settings.host}:{settings.port}"
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=max(SWALLOWED_BYTES, settings.max_bytes),
            max_request_header_size=HEADER_BYTES,
            recv_bytes=RECEIVED_BYTES,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            clear_untrusted_proxy_headers=False,  # ProxyFix sees to them, under any server
        )
    except (OSError, ValueError) as error:
        print(f"serve: cannot listen on {place} ({error}); choose another port with --port", file=sys.stderr)
        return 1
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of each request that waits for a thread
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # a KeyboardInterrupt, on which waitress stops
    print(f"Letters is at http://{place} (model {settings.model.name}; stop with Ctrl+C)", flush=True)
    server.run()
    server.close()
    return 0


def main(host: str | None = None, port: str | None = None) -> int:
    """Serve the page with the settings of the environment. host, port: instead of those. Returns the exit code."""
    given = {f"{PREFIX}{name}": text for name, text in (("HOST", host), ("PORT", port)) if text is not None}
    try:
        settings = Settings.from_environment({**os.environ, **given})
    except SettingsError as error:
        print(f"serve: {error}", file=sys.stderr)
        return 2
    return serve(settings)
