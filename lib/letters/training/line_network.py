"""Network 2, the line reader, in Keras: its recipe, its layers, its losses."""

from dataclasses import dataclass
from typing import Any

from letters import native_log
from letters.ctc import BLANK, COLUMN_CLASSES, OUTPUTS
from letters.lines import HEIGHT

with native_log.filtered():
    import keras
    from keras import layers, ops


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen about the network and its training; written into the manifest."""

    filters: tuple[int, ...] = (16, 32, 64, 96, 192)  # at 1/2, 1/2, 1/4, 1/4 and in the columns
    dropout: float = 0.1
    batch: int = 32
    chunk: int = 1024  # strips that are sorted by width, so that those of a batch are about as wide
    pool: int = 16_000  # strips that are kept, to be used again where the drawing falls behind
    rate: float = 2.5e-3  # of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), at its highest
    warmup: int = 100  # steps
    hold: float = 0.4  # share of the time before the cosine sets in
    final_rate: float = 0.01  # of `rate`
    weight_decay: float = 0.02
    clip: float = 2.0  # norm of the gradient
    average: float = 0.998  # of the running average of the weights, a step (Polyak & Juditsky 1992)
    average_every: int = 4  # steps
    column_loss: tuple[float, float] = (1.0, 0.15)  # weight at the start, and after `turn`
    ctc_loss: tuple[float, float] = (0.3, 1.0)
    mark_loss: float = 0.4  # weight
    turn: float = 0.35  # share of the time by which the losses have their last weights
    real_share: float = 0.5  # of each batch, once there are real words
    real_from: float = 0.4  # share of the time after which they join
    gamma: float = 0.25  # of the ink, log, standard deviation
    keep: float = 0.0  # share of the first weights in the result (WiSE-FT: Wortsman et al. 2022, arXiv:2109.01903)
    validation: int = 300  # drawn strips that the character error rate is measured on
    policy: str = "float32"  # mixed_bfloat16 is a third faster on processors with AVX512-BF16, far slower on others


# Of a training that goes on from a trained network (`start`): the losses as they were at its end, real words at once,
# and over half of the first weights kept: the mean reads real words as well as either, and drawn lines better.
CONTINUED = Recipe(rate=1.5e-3, hold=0.3, column_loss=(0.15, 0.15), ctc_loss=(1.0, 1.0), real_from=0.0, keep=0.565)


def network(recipe: Recipe = Recipe(), policy: str = "float32") -> keras.Model:
    """The line reader: residual convolutions (He et al. 2016, arXiv:1512.03385), each with batch normalisation (Ioffe &
    Szegedy 2015, arXiv:1502.03167), whose height is pooled away, and no recurrent layer: a column sees 1.7 capital
    heights to either side, so that letters are learnt and not words.

    Input: strips as they are, 0..255, (N, 48, W, 1), W a multiple of 4. Output: logits, float32 (N, 1, W / 4, 198): two
    columns of 88 classes and 11 marks for each 4 px, which `split` takes apart. policy: the precision, as Keras has it.
    """
    first, second, third, fourth, last = recipe.filters

    def convolution(x, filters, kernel=3, strides=1, padding="same"):
        x = layers.Conv2D(filters, kernel, strides, padding=padding, use_bias=False, dtype=policy)(x)
        return layers.ReLU(dtype=policy)(layers.BatchNormalization(momentum=0.98, dtype=policy)(x))

    def residual(x, kernel=3):
        return layers.Add(dtype=policy)([x, convolution(x, x.shape[-1], kernel)])

    strips = keras.Input((HEIGHT, None, 1))
    x = layers.Rescaling(1 / 255, dtype=policy)(strips)
    x = convolution(x, first, 5, 2)
    x = layers.MaxPooling2D(2, dtype=policy)(convolution(x, second))  # 12 rows
    x = layers.MaxPooling2D((2, 1), dtype=policy)(residual(convolution(x, third)))
    x = layers.MaxPooling2D((2, 1), dtype=policy)(residual(convolution(x, fourth)))
    x = layers.ZeroPadding2D((0, 1), dtype=policy)(x)  # 3 rows
    x = convolution(x, last, 3, padding="valid")
    x = residual(residual(x, (1, 5)), (1, 5))
    x = layers.Dropout(recipe.dropout, dtype=policy)(x)
    return keras.Model(strips, layers.Conv2D(2 * OUTPUTS, 1, dtype="float32", name="columns")(x), name="line")


def split(logits: Any) -> tuple[Any, Any]:
    """Two columns for each of the trunk's: (N, 1, W / 4, 198) -> (N, W / 2, 88), classes, and (N, W / 2, 11), marks; of
    any array or tensor."""
    columns = ops.reshape(logits, (ops.shape(logits)[0], -1, OUTPUTS))
    return columns[..., :COLUMN_CLASSES], columns[..., COLUMN_CLASSES:]


class Trainer(keras.Model):
    """The line reader with its losses of classes (two) and marks, for `train_on_batch(strips, targets)` on any backend.

    targets: a dictionary of `columns` int32 (N, W / 2), `marks` int32 (N, W / 2), -1 where there is no letter, `labels`
    int32 (N, L), `lengths` int32 (N,) of the labels, `widths` int32 (N,) in columns, `known` float32 (N,): 1 where the
    columns' classes are known, and `weights` float32 (N, 3) of the losses.
    """

    def __init__(self, model: keras.Model):
        super().__init__()
        self.model = model
        self.column_loss, self.ctc_loss = keras.metrics.Mean("columns"), keras.metrics.Mean("ctc")
        self.mark_loss = keras.metrics.Mean("marks")

    def call(self, strips: Any, training: bool | None = None) -> Any:
        return ops.concatenate(split(self.model(strips, training=training)), axis=-1)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        classes, marks = y_pred[..., :COLUMN_CLASSES], y_pred[..., COLUMN_CLASSES:]
        inside = ops.cast(ops.arange(ops.shape(y_pred)[1])[None] < y["widths"][:, None], "float32")
        each = keras.losses.sparse_categorical_crossentropy(y["columns"], classes, from_logits=True)
        columns = ops.sum(each * inside, axis=1) / ops.cast(y["widths"], "float32")
        on_letters = ops.cast(y["marks"] >= 0, "float32")
        each = keras.losses.sparse_categorical_crossentropy(ops.maximum(y["marks"], 0), marks, from_logits=True)
        marks = ops.sum(each * on_letters, axis=1) / ops.maximum(ops.sum(on_letters, axis=1), 1)
        ctc = _ctc(y, classes) / ops.cast(ops.maximum(y["lengths"], 1), "float32")
        known = ops.sum(y["known"])
        self.column_loss.update_state(ops.sum(columns * y["known"]) / ops.maximum(known, 1))
        self.ctc_loss.update_state(ops.mean(ctc))
        self.mark_loss.update_state(ops.mean(marks))
        weights = y["weights"]
        return ops.mean(weights[:, 0] * y["known"] * columns + weights[:, 1] * ctc + weights[:, 2] * marks)


def _ctc(y, logits):
    """CTC loss of each strip, float32 (N,). Keras gives TensorFlow dense labels, which takes its slow loss."""
    if keras.backend.backend() != "tensorflow":
        return ops.ctc_loss(y["labels"], logits, y["lengths"], y["widths"], mask_index=BLANK)
    import tensorflow

    labels = tensorflow.RaggedTensor.from_tensor(y["labels"], lengths=y["lengths"]).to_sparse()
    return tensorflow.nn.ctc_loss(labels, logits, None, y["widths"], logits_time_major=False, blank_index=BLANK)


def average_into(average: keras.Model, model: keras.Model, step: int, recipe: Recipe) -> None:
    """Move the running average of the weights, statistics of the batch normalisation included, towards a model."""
    share = 1 - min(recipe.average, (1 + step) / (20 + step)) ** recipe.average_every
    for mean, value in zip(average.weights, model.weights, strict=True):
        mean.assign(mean + (value - mean) * share)


def prepare(trainer: Trainer, recipe: Recipe) -> None:
    """Compile for AdamW; biases and normalisation do not decay."""
    optimizer = keras.optimizers.AdamW(
        recipe.rate, weight_decay=recipe.weight_decay, beta_2=0.99, global_clipnorm=recipe.clip
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trainer.compile(optimizer, jit_compile=keras.backend.backend() == "jax")
    optimizer.build(trainer.model.trainable_variables)
