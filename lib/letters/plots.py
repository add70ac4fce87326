"""Every figure of the notebooks, in one style.

Letters are always white on black, as the networks see them. Figures have a white ground of their own, so that they
read the same in a light and in a dark notebook, and colours that the colour-blind can tell apart (Okabe & Ito 2008).
Each function takes plain arrays and draws one figure, which the notebook shows below the cell.
"""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from letters.alphabet import CLASSES

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6B6B6B"


def use_style():
    """Set the style of all figures that follow. Called once, in a notebook's Setup."""
    sns.set_theme(
        style="whitegrid",
        palette=[BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", GREY],
        rc={
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlesize": 11,
            "axes.labelsize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.frameon": False,
        },
    )


def class_names(labels):
    """The letters of class numbers, as an array of strings: [0, 26] -> ["A", "a"]."""
    return np.array(list(CLASSES))[np.asarray(labels)]


def show_letter(axes, frame, title="", color="black"):
    """One frame, uint8 (28, 28), in `axes`."""
    axes.imshow(frame, cmap="gray", vmin=0, vmax=255)
    axes.set_axis_off()
    axes.set_title(title, loc="center", fontsize=9, fontweight="normal", color=color, pad=2)


def letters(frames, titles=None, columns=13, title="", colors=None):
    """A grid of frames, uint8 (N, 28, 28), with a title over each where there are `titles`."""
    rows = -(-len(frames) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(0.72 * columns, (0.72 if titles is None else 0.92) * rows + 0.4), squeeze=False
    )
    for i, axes in enumerate(grid.flat):
        if i < len(frames):
            show_letter(axes, frames[i], "" if titles is None else titles[i], "black" if colors is None else colors[i])
        else:
            axes.set_axis_off()
    _figure_title(figure, title)


def mosaic(frames, columns, title="", gap=2):
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
    _figure_title(figure, title)


def side_by_side(pictures, title=""):
    """A few pictures of any size beside each other: {name: uint8 (H, W)}."""
    figure, grid = plt.subplots(1, len(pictures), figsize=(2.3 * len(pictures), 2.8), squeeze=False)
    for (name, picture), axes in zip(pictures.items(), grid.flat, strict=True):
        show_letter(axes, picture, f"{name}, {picture.shape[1]} x {picture.shape[0]}")
    _figure_title(figure, title)


def class_counts(labels, title):
    """How many letters each class has. labels: uint8 (N,)."""
    classes, counts = np.unique(labels, return_counts=True)
    _, axes = plt.subplots(figsize=(9.4, 2.8))
    axes.bar(class_names(classes), counts, color=np.where(classes < 26, BLUE, ORANGE), width=0.8)
    axes.set(title=title, xlabel="class", ylabel="letters")
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.01)
    if (classes < 26).any() and (classes >= 26).any():
        axes.legend(
            handles=[plt.Rectangle((0, 0), 1, 1, color=color) for color in (BLUE, ORANGE)],
            labels=["capitals", "small letters"],
            loc="lower right",
            frameon=True,
            ncols=2,
        )


def ink_per_class(frames, labels, title):
    """How much of a frame the ink covers, as boxes over classes. frames: uint8 (N, 28, 28), labels: uint8 (N,)."""
    share = frames.reshape(len(frames), -1).mean(axis=1, dtype=np.float32) / 255
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    names = class_names(np.unique(labels))
    sns.boxplot(x=class_names(labels), y=100 * share, order=names, ax=axes, color="#9ecae1", fliersize=0, linewidth=0.8)
    axes.set(title=title, xlabel="class", ylabel="ink (% of the frame)")


def mean_and_spread(frames, labels, title):
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
    _figure_title(figure, title)


def strips(rows, title=""):
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
    _figure_title(figure, title)


def before_and_after(names, before, after, title, labels):
    """Two shares per class, as dots joined by a line: what a change did to each. names: (N,); before, after: (N,) 0..1;
    labels: what the two are."""
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    axes.vlines(names, 100 * np.asarray(before), 100 * np.asarray(after), color=GREY, linewidth=1.2)
    axes.plot(names, 100 * np.asarray(before), "o", color=BLUE, label=labels[0])
    axes.plot(names, 100 * np.asarray(after), "v", color=ORANGE, label=labels[1])
    axes.set(title=title, xlabel="class", ylabel="read right (%)", ylim=(-4, 104))
    axes.legend(loc="lower right", bbox_to_anchor=(1, -0.32), ncols=2)
    axes.margins(x=0.015)


def learning_curves(history, title):
    """Accuracy and loss over epochs. history: {"accuracy", "val_accuracy", "loss", "val_loss"}, a list each."""
    figure, pair = plt.subplots(1, 2, figsize=(9.4, 3.2))
    for axes, name, scale, unit in ((pair[0], "accuracy", 100, "accuracy (%)"), (pair[1], "loss", 1, "loss")):
        for key, label, style in ((name, "training", "o--"), (f"val_{name}", "validation", "o-")):
            values = np.asarray(history[key]) * scale
            axes.plot(range(1, len(values) + 1), values, style, label=label, markersize=4)
        axes.set(xlabel="epoch", ylabel=unit)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    _figure_title(figure, title)


def confusion(matrix, names, title):
    """A confusion matrix, int (C, C): rows are what was written, columns what was read. A cell is a share of its row.
    The diagonal has numbers in place of colours, so that mistakes show."""
    share = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    wrong = share.copy()
    np.fill_diagonal(wrong, np.nan)
    _, axes = plt.subplots(figsize=(7.6, 6.6))
    sns.heatmap(
        wrong,
        ax=axes,
        cmap="rocket_r",
        vmin=0,
        square=True,
        linewidths=0.4,
        linecolor="#eeeeee",
        xticklabels=names,
        yticklabels=names,
        cbar_kws={"label": "share of the letters written (%)", "shrink": 0.7},
    )
    axes.set_facecolor("#d9d9d9")
    for i in range(len(names)):
        axes.text(i + 0.5, i + 0.5, f"{share[i, i]:.0f}", ha="center", va="center", fontsize=7, color="black")
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0)
    axes.set(title=title, xlabel="read as", ylabel="written")


def _figure_title(figure, title):
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
