"""The usual way to serve a Keras network, to compare ours with: Flask's own server and `model.predict` on the whole
canvas made 28 x 28, at $LETTERS_PORT. No weights are trained, as they change no time."""

import base64
import io
import os
import string

import numpy as np
from flask import Flask, Response, jsonify, request
from PIL import Image

from letters.training import classic

app = Flask(__name__)
model = classic.network()


@app.post("/predict")
def predict() -> Response:
    """The three likeliest capitals of a drawing."""
    data = base64.b64decode(request.get_json()["image"].partition(",")[2])
    picture = Image.open(io.BytesIO(data)).convert("L").resize((28, 28))
    frame = 1 - np.asarray(picture, np.float32) / 255
    shares = model.predict(frame[None, ..., None], verbose=0)[0]
    best = np.argsort(-shares)[:3]
    return jsonify(
        prediction=[{"letter": string.ascii_uppercase[i], "percent": round(100 * float(shares[i]), 2)} for i in best]
    )


if __name__ == "__main__":
    app.run(port=int(os.environ["LETTERS_PORT"]))
