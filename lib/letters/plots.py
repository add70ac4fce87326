"""Letters, strips and pictures as figures, and the one style that all figures of the notebooks have.

Letters are always white on black, as the networks see them. Figures have a transparent ground and gray text, which are
readable in a light and in a dark notebook, and colours that the colour-blind can tell apart (Okabe & Ito 2008).
Each function takes plain arrays and draws one figure, which the notebook shows below the cell.
"""

import io
from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib_inline.backend_inline import set_matplotlib_formats
from numpy.typing import ArrayLike
from PIL import Image

from letters.alphabet import CLASSES

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY = "#797979"  # of all text: its contrast to white is the same as to #111111, 4.3 (WCAG)
GRID = to_rgba(GREY, 0.3)


def use_style() -> None:
    """Set the style of all figures that follow. Called once, in a notebook's Setup."""
    sns.set_theme(
        style="whitegrid",
        palette=[BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9", GREY],
        rc={
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "text.color": GREY,
            "axes.labelcolor": GREY,
            "axes.edgecolor": GREY,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "grid.color": GRID,
            "patch.force_edgecolor": False,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlesize": 11,
            "axes.labelsize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.frameon": False,
            "legend.fontsize": 9,
        },
    )
    # The figure itself stays opaque, and is saved without its ground: of a transparent figure, IPython notes that it
    # needs a light ground, and JupyterLab then puts a white card under it in its dark theme.
    if get_ipython() is not None:
        set_matplotlib_formats("png", facecolor="none")


def shades(color: str) -> LinearSegmentedColormap:
    """A colour map from transparent to a colour, for shares: it shows what is much on a light and on a dark ground."""
    return LinearSegmentedColormap.from_list("shades", [to_rgba(color, 0), to_rgba(color, 1)])


def as_picture() -> np.ndarray:
    """The last figure as a picture, uint8 (H, W, 4) RGBA, and no longer as an output of the cell."""
    file = io.BytesIO()
    plt.savefig(file, format="png", bbox_inches="tight")
    plt.close()
    return np.asarray(Image.open(file).convert("RGBA"))


def class_names(labels: ArrayLike) -> np.ndarray:
    """The letters of class numbers, as an array of strings: [0, 26] -> ["A", "a"]."""
    return np.array(list(CLASSES))[np.asarray(labels)]


def figure_title(figure: Figure, title: str) -> None:
    """The title of a figure of several axes."""
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")


def show_letter(axes: Axes, frame: np.ndarray, title: str = "", color: str = GREY) -> None:
    """One frame, uint8 (28, 28), in `axes`."""
    axes.imshow(frame, cmap="gray", vmin=0, vmax=255)
    axes.set_axis_off()
    axes.set_title(title, loc="center", fontsize=9, fontweight="normal", color=color, pad=2)


def letters(
    frames: np.ndarray,
    titles: Sequence[str] | None = None,
    columns: int = 13,
    title: str = "",
    colors: Sequence[str] | None = None,
) -> None:
    """A grid of frames, uint8 (N, 28, 28), with a title over each where there are `titles`."""
    rows = -(-len(frames) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(0.72 * columns, (0.72 if titles is None else 0.92) * rows + 0.4), squeeze=False
    )
    for i, axes in enumerate(grid.flat):
        if i < len(frames):
            show_letter(axes, frames[i], "" if titles is None else titles[i], GREY if colors is None else colors[i])
        else:
            axes.set_axis_off()
    figure_title(figure, title)


def mosaic(frames: np.ndarray, columns: int, title: str = "", gap: int = 2) -> None:
    """Many frames, uint8 (N, 28, 28), as one picture without axes: quicker and denser than `letters`."""
    rows = -(-len(frames) // columns)
    side = frames.shape[1] + gap
    picture = np.full((rows * side - gap, columns * side - gap), 70, np.uint8)
    for i, frame in enumerate(frames):
        y, x = i // columns * side, i % columns * side
        picture[y : y + frame.shape[0], x : x + frame.shape[1]] = frame
    figure, axes = plt.subplots(figsize=(9.4, 9.4 * rows / columns + 0.4))
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes.set_axis_off()
    figure_title(figure, title)


def side_by_side(pictures: Mapping[str, np.ndarray], title: str = "") -> None:
    """A few pictures of any size beside each other: {name: uint8 (H, W)}."""
    figure, grid = plt.subplots(1, len(pictures), figsize=(2.3 * len(pictures), 2.8), squeeze=False)
    for (name, picture), axes in zip(pictures.items(), grid.flat, strict=True):
        show_letter(axes, picture, f"{name}, {picture.shape[1]} x {picture.shape[0]}")
    figure_title(figure, title)


def boxes(
    picture: np.ndarray,
    boxes: Iterable[Sequence[float]],
    texts: Sequence[str] | None = None,
    colors: Sequence[str] | None = None,
    title: str = "",
) -> None:
    """A picture, uint8 or float (H, W) or RGB (H, W, 3), with boxes (x, y, width, height) on it, each in its colour and
    with its text over it."""
    height, width = picture.shape[:2]
    _, axes = plt.subplots(figsize=(9.4, min(9, 9.4 * height / width + 0.5)))
    axes.imshow(picture, cmap="gray")
    for i, (x, y, w, h) in enumerate(boxes):
        color = BLUE if colors is None else colors[i]
        axes.add_patch(plt.Rectangle((x, y), w, h, fill=False, edgecolor=color, linewidth=1.5))
        if texts is not None:
            halo = [withStroke(linewidth=2, foreground="white")]  # readable on dark paper, too
            place = x + w / 2, y - 0.01 * height
            axes.text(*place, texts[i], color=color, ha="center", va="bottom", fontweight="bold", path_effects=halo)
    axes.set_axis_off()
    axes.set_title(title)


def maps(picture: np.ndarray, planes: Mapping[str, np.ndarray], box: Sequence[float], title: str = "") -> None:
    """Two maps laid over the picture that they were found in, the first in blue, the second in orange.

    picture: uint8 (H, W, 3) RGB. planes: {name: float (h, w) of 0..1}. box: (x, y, width, height), where in the picture
    the maps lie.
    """
    height, width = picture.shape[:2]
    x, y, w, h = box
    _, axes = plt.subplots(figsize=(9.4, min(9, 9.4 * height / width + 0.6)))
    axes.imshow(
        (0.45 * picture + 0.55 * 255).astype(np.uint8)
    )  # paler, so that the maps stand out on paper of any tone
    for plane, color in zip(planes.values(), (BLUE, ORANGE), strict=True):
        colored = np.dstack([np.broadcast_to(to_rgb(color), (*plane.shape, 3)), 0.8 * np.clip(plane, 0, 1)])
        axes.imshow(colored, extent=(x, x + w, y + h, y))
    axes.set(xlim=(0, width), ylim=(height, 0), title=title)
    axes.set_axis_off()
    patches = [plt.Rectangle((0, 0), 1, 1, color=color) for color in (BLUE, ORANGE)]
    axes.legend(patches, planes, loc="upper right", bbox_to_anchor=(1, 0), ncols=2, borderaxespad=0.2)


def lines(strips: Sequence[np.ndarray], rows: Mapping[str, float], title: str = "") -> None:
    """Strips, uint8 (48, W) each, under each other at one scale, with guides: {name: row of the strip}."""
    width = max(strip.shape[1] for strip in strips)
    figure, grid = plt.subplots(
        len(strips), 1, figsize=(9.4, len(strips) * (9.4 * 48 / width + 0.1) + 0.4), squeeze=False
    )
    for axes, strip in zip(grid.flat, strips, strict=True):
        axes.imshow(strip, cmap="gray", vmin=0, vmax=255)
        axes.hlines(list(rows.values()), 0, strip.shape[1] - 1, color="#56B4E9", linewidth=0.8)
        axes.set(xlim=(0, width), xticks=[], yticks=list(rows.values()), yticklabels=list(rows))
        axes.grid(False)
        axes.spines[:].set_visible(False)
    figure_title(figure, title)


def columns(strip: np.ndarray, shares: np.ndarray, names: Sequence[str], title: str = "") -> None:
    """A strip, uint8 (48, W), over the probabilities of its columns, which are as wide as the strip together.

    shares: float (T, C), of 0..1; names: of the C classes. Only classes that somewhere have a tenth or more are shown.
    """
    shown = np.flatnonzero(shares.max(axis=0) >= 0.1).tolist()
    height, width = strip.shape
    heights = height, 0.3 * height * len(shown)
    size = 9.4, 8 * sum(heights) / width + 1  # in inches; names and colour bar take what is left of the width
    figure, (axes, below) = plt.subplots(2, 1, figsize=size, sharex=True, height_ratios=heights)
    axes.imshow(strip, cmap="gray", vmin=0, vmax=255, aspect="auto", extent=(0, width, height, 0))
    axes.set_yticks([])
    heat = below.imshow(
        shares[:, shown].T,
        cmap=shades(BLUE),
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=(0, width, len(shown), 0),
        interpolation="nearest",
    )
    below.set_yticks(np.arange(len(shown)) + 0.5, [names[i] for i in shown])
    below.set_yticks(np.arange(len(shown)), minor=True)
    below.grid(False)
    below.grid(axis="y", which="minor", color=GRID, linewidth=0.5)
    below.set_xlabel("px of the strip")
    axes.grid(False)
    figure.colorbar(heat, ax=below, label="probability", shrink=0.9, pad=0.01)
    figure_title(figure, title)


def letter_map(places: np.ndarray, labels: np.ndarray, title: str) -> None:
    """Letters as text at their places, float (N, 2), on a plane: capitals blue, small letters orange.

    labels: class numbers (N,).
    """
    figure, axes = _plane()
    axes.scatter(*np.transpose(places), s=0)  # sets the limits
    for (x, y), label in zip(places, labels, strict=True):
        axes.text(x, y, CLASSES[label], color=_case_color(label), fontsize=13, ha="center", va="center")
    figure_title(figure, title)


def islands(places: np.ndarray, labels: np.ndarray, island: np.ndarray, title: str) -> None:
    """Letters as dots at their places, float (N, 2), on a plane: capitals blue, small letters orange. Over each island
    stand the classes that have a fifth of its dots or more.

    labels: class numbers (N,). island: int (N,), the number of the island that a dot is on, -1 for none.
    """
    figure, axes = _plane()
    axes.scatter(*np.transpose(places), s=7, c=[_case_color(label) for label in labels], alpha=0.6, linewidths=0)
    for number in range(island.max() + 1):
        classes, counts = np.unique(labels[island == number], return_counts=True)
        names = class_names(classes[counts >= 0.2 * counts.sum()])
        x, top = np.median(places[island == number, 0]), places[island == number, 1].max()
        axes.annotate(" ".join(names), (x, top), (0, 2), textcoords="offset points", ha="center", fontweight="bold")
    figure_title(figure, title)


def _plane():
    figure, axes = plt.subplots(figsize=(9.4, 6.4))
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure, axes


def _case_color(label):
    return BLUE if label < 26 else ORANGE


def mean_and_spread(frames: np.ndarray, labels: np.ndarray, title: str) -> None:
    """The mean frame of each class over the standard deviation of its pixels. frames: uint8 (N, 28, 28)."""
    classes = np.unique(labels)
    columns = min(26, len(classes))
    rows = -(-len(classes) // columns)
    figure, grid = plt.subplots(2 * rows, columns, figsize=(9.4, 0.9 * rows + 0.2), squeeze=False)
    for i, label in enumerate(classes):
        members = frames[labels == label]
        row, column = 2 * (i // columns), i % columns
        show_letter(grid[row, column], members.mean(axis=0), CLASSES[label])
        grid[row + 1, column].imshow(members.std(axis=0), cmap="magma", vmin=0, vmax=128)
    for axes in grid.flat:
        axes.set_axis_off()
    figure_title(figure, title)


def strips(rows: Mapping[str, np.ndarray], title: str = "") -> None:
    """Strips of frames under each other: {name of the strip: uint8 (N, 28, 28)}."""
    columns = max(map(len, rows.values()))
    figure, grid = plt.subplots(len(rows), columns, figsize=(9.4, 0.82 * len(rows) + 0.4), squeeze=False)
    for (name, frames), line in zip(rows.items(), grid, strict=True):
        for axes, frame in zip(line, frames, strict=False):
            axes.imshow(frame, cmap="gray", vmin=0, vmax=255)
        for axes in line:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure_title(figure, title)


def heat_over_letters(frames: np.ndarray, maps: np.ndarray, titles: Sequence[str], title: str) -> None:
    """Maps, float (N, 28, 28), as colour over the frames they belong to."""
    figure, grid = plt.subplots(1, len(frames), figsize=(9.4, 9.4 / len(frames) + 0.6), squeeze=False)
    for axes, frame, heat, name in zip(grid.flat, frames, maps, titles, strict=True):
        show_letter(axes, frame, name)
        limit = max(float(np.abs(heat).max()), 0.05)
        axes.imshow(heat, cmap="inferno", alpha=np.clip(np.abs(heat) / limit, 0, 0.85), vmin=0, vmax=limit)
    figure_title(figure, title)


def strokes(
    drawings: Sequence[Sequence[np.ndarray]],
    titles: Sequence[str] | None = None,
    columns: int = 10,
    title: str = "",
    points: bool = False,
) -> None:
    """Letters as pen strokes, lists of float (n, 2) each: one colour a stroke, in the order of writing, a dot where it
    begins. points: mark every point."""
    rows = -(-len(drawings) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(9.4, 9.4 / columns * rows + 0.3 * rows + 0.3), squeeze=False)
    palette = [BLUE, ORANGE, GREEN, PURPLE]
    for i, axes in enumerate(grid.flat):
        axes.set_axis_off()
        if i >= len(drawings):
            continue
        for stroke, color in zip(drawings[i], palette * 3, strict=False):
            axes.plot(*stroke.T, ".-" if points else "-", color=color, linewidth=1.8, markersize=4)
            axes.plot(*stroke[0], "o", color=color, markersize=5)
        axes.set_aspect("equal")
        axes.invert_yaxis()
        axes.margins(0.15)
        if titles is not None:
            axes.set_title(titles[i], loc="center", fontsize=9, fontweight="normal", pad=2)
    figure_title(figure, title)
