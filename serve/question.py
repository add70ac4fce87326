"""From a request to the picture it shows, or to a refusal that says what to do."""

import base64
import io
import json
import math
import zipfile

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from letters import alphabet
from letters.language import LANGUAGES

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
MOST_FIELDS = 10  # of a form

# whatever else a file may be opened as; long enough for none to come up by chance in 10 MB of compressed pixels
OTHER_FORMATS = (b"<script", b"<!doctype", b"<html>", b"<html ", b"<?php ", b"%pdf-1.")


class Refused(Exception):
    """A request that cannot be answered: HTTP status, short code, and a message that says what to do."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def asked():
    """The picture (bytes), the alphabet and the language (or None) of the request. Raises Refused."""
    if request.mimetype == "application/json":
        fields = _json_object()
        picture = _from_data_url(_required(fields.get("image")))
    elif request.mimetype == "multipart/form-data":
        fields, file = _form()
        picture = file.read() if file else _from_data_url(_required(fields.get("image")))
    else:
        sent = f"not {request.mimetype}" if request.mimetype else "and name it in Content-Type"
        message = f"send the picture as application/json or multipart/form-data, {sent}"
        raise Refused(415, "unsupported_media_type", message)
    if not picture:
        raise Refused(400, "empty_image", "the picture is empty: it has no bytes; choose another file")
    lowered = picture.lower()
    if zipfile.is_zipfile(io.BytesIO(picture)) or any(mark in lowered for mark in OTHER_FORMATS):
        message = "the file is more than a picture: it can be opened as a page, a document or an archive; save it again"
        raise Refused(415, "not_only_an_image", message)
    chosen = _choice("alphabet", fields, alphabet.ALPHABETS) or "any"
    return picture, chosen, _choice("language", fields, ("", *LANGUAGES)) or None


def _form():
    """The fields of a form, and its file or None."""
    try:
        return request.form, request.files.get("image")
    except RequestEntityTooLarge as error:
        if (request.content_length or math.inf) > request.max_content_length:
            raise
        message = f"the form has more than {MOST_FIELDS} fields; send `image`, and `alphabet` and `language` if need be"
        raise Refused(400, "too_many_fields", message) from error


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
        message = (
            "there is no image in the request; send a file as the form field `image`, "
            "or a data URL as the JSON field `image`"
        )
        raise Refused(400, "no_image", message)
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


def _choice(name, fields, known):
    """The value of a field of the body, or of the query, or None. Raises Refused where either is not known."""
    given = [source[name] for source in (request.args, fields) if name in source]
    for value in given:
        if not isinstance(value, str) or value not in known:
            names = ", ".join(name for name in known if name)
            raise Refused(400, f"unknown_{name}", f"there is no {name} {str(value)[:20]!r}; choose one of {names}")
    return given[-1] if given else None
