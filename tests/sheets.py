"""Pictures of letters as they are sent to the server."""

import base64
import io

import numpy as np
from PIL import Image

from letters import writing


def picture(strokes, size=(420, 300), side=150, corner=(180, 40), width=0.08, paper=255, pen=0):
    """Strokes on a sheet: uint8 (height, width) with the letter somewhere on it."""
    drawn = writing.draw_strokes(strokes, width, side=side, margin=20).astype(float) / 255
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
