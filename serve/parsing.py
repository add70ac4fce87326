"""Parses requests: the picture and the options in one, or an error that says what to do."""

import base64
import io
import json
import math
import zipfile
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from letters import alphabet, formats, picture
from letters.language import LANGUAGES

IMAGE_TYPES = (  # that the page offers to choose; what a file is, its content says
    *("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/avif"),
    *("image/heic", "image/heif"),
)
MOST_FIELDS = 10  # of a form
FORM = "application/x-www-form-urlencoded"  # what curl --data-binary calls a file, too
EXAMPLE = '{"image": "data:image/png;base64,..."}'

# whatever else a file may be opened as; long enough for none to come up by chance in 10 MB of compressed pixels
OTHER_FORMATS = (b"<script", b"<!doctype", b"<html>", b"<html ", b"<?php ", b"%pdf-1.")


class RequestError(Exception):
    """A request that cannot be answered: HTTP status, short code, and a message that says what to do."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Asked:
    """What a request asks for."""

    picture: bytes  # a file
    alphabet: str
    language: str | None
    turn: bool  # whether the picture may be turned to be read
    explain: bool  # whether the answer shall show what the networks saw


def parse_request() -> Asked:
    """What the request asks for. Raises RequestError, and picture.PictureError for a file that is not a picture."""
    if request.mimetype == "application/json":
        fields = _json_object()
        data = _from_base64(_required(fields.get("image")))
    elif request.mimetype == "multipart/form-data":
        fields, file = _form()
        data = file.read() if file else _from_base64(_required(fields.get("image")))
    else:
        fields, data = {}, _body()
    formats.format_of(data)
    lowered = data.lower()
    if zipfile.is_zipfile(io.BytesIO(data)) or any(mark in lowered for mark in OTHER_FORMATS):
        message = (
            "The file is more than a picture: it can be opened as a page, a document or an archive. Save it again."
        )
        raise RequestError(415, "not_only_an_image", message)
    return Asked(
        data,
        _choice("alphabet", fields, alphabet.ALPHABETS) or "any",
        _choice("language", fields, ("", *LANGUAGES)) or None,
        _flag("turn", fields, True),
        _flag("explain", fields, False),
    )


def _form():
    """The fields of a form, and its file or None."""
    try:
        return request.form, request.files.get("image")
    except RequestEntityTooLarge as error:
        if (request.content_length or math.inf) > request.max_content_length:
            raise
        message = (
            f"The form has more than {MOST_FIELDS} fields. Send `image`, and those of /openapi.json that you need."
        )
        raise RequestError(400, "too_many_fields", message) from error


def _body():
    """The file that is the whole body of the request."""
    data = request.get_data()
    if data and (request.mimetype != FORM or _is_picture(data)):
        return data
    message = "Send a picture as it is, as the form field `image` of multipart/form-data, or as application/json."
    raise RequestError(415, "unsupported_media_type", message)


def _is_picture(data):
    try:
        return bool(formats.format_of(data))
    except picture.PictureError:
        return False


def _json_object():
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise RequestError(400, "not_json", f"The body is not JSON ({reason}). Send {EXAMPLE}.") from error
    if not isinstance(body, dict):
        raise RequestError(400, "not_an_object", f"The JSON must be an object: {EXAMPLE}.")
    return body


def _required(image):
    if image is None:
        message = (
            "There is no image in the request. Send a file as the form field `image`, "
            "or a data URL as the JSON field `image`."
        )
        raise RequestError(400, "no_image", message)
    if not isinstance(image, str):
        message = "The field `image` must be a string: the data URL of a picture, or its base64."
        raise RequestError(400, "wrong_type", message)
    return image


def _from_base64(text):
    """The file in a data URL of any type, as programs name JPEG in several ways, or in base64 alone."""
    head, comma, payload = text.partition(",")
    is_url = head[:5].lower() == "data:"
    if is_url and not (comma and "base64" in head.lower().split(";")):
        raise _no_data_url()
    try:
        return base64.b64decode("".join((payload if is_url else text).split()), validate=True)
    except ValueError as error:
        if not is_url:
            raise _no_data_url() from error
        message = "The base64 of the data URL is broken. Encode the file again."
        raise RequestError(400, "bad_base64", message) from error


def _no_data_url():
    message = "The field `image` must be a data URL that begins with data:image/png;base64, or the like, or base64."
    return RequestError(400, "not_a_data_url", message)


def _given(name, fields):
    """The values of a field in the query and in the body."""
    return [source[name] for source in (request.args, fields) if name in source]


def _choice(name, fields, known):
    """The value of a field of the body, or of the query, or None, which JSON may say as well.

    Raises RequestError where either is not known.
    """
    given = _given(name, fields)
    for value in given:
        if value is not None and not (isinstance(value, str) and value in known):
            names = ", ".join(name for name in known if name)
            message = f"There is no {name} {str(value)[:20]!r}. Choose one of {names}."
            raise RequestError(400, f"unknown_{name}", message)
    return given[-1] if given else None


def _flag(name, fields, default):
    """Whether a field of the body, or of the query, is true: true and false in JSON, these words elsewhere.

    Raises RequestError where either is anything else.
    """
    found = default
    for value in _given(name, fields):
        if value is None or value is True or value is False:
            found = default if value is None else value
        elif value in ("true", "false"):
            found = value == "true"
        else:
            raise RequestError(400, "wrong_type", f"The field `{name}` must be true or false.")
    return found
