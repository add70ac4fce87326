"""Every figure of the notebooks, in one style.

Letters are always white on black, as the networks see them. Figures have a white ground of their own, so that they
read the same in a light and in a dark notebook, and colours that the colour-blind can tell apart (Okabe & Ito 2008).
Each function takes plain arrays and draws one figure, which the notebook shows below the cell.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from matplotlib.ticker import PercentFormatter

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


def boxes(picture, boxes, texts=None, colors=None, title=""):
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


def maps(picture, planes, box, title=""):
    """Two maps laid over the picture that they were found in, the first in blue, the second in orange.

    picture: uint8 (H, W, 3) RGB. planes: {name: float (h, w) of 0..1}. box: (x, y, width, height), where in the picture
    the maps lie.
    """
    height, width = picture.shape[:2]
    x, y, w, h = box
    _, axes = plt.subplots(figsize=(9.4, min(9, 9.4 * height / width + 0.6)))
    axes.imshow(picture, alpha=0.45)  # paler, so that the maps stand out on paper of any tone
    for plane, color in zip(planes.values(), (BLUE, ORANGE), strict=True):
        colored = np.dstack([np.broadcast_to(to_rgb(color), (*plane.shape, 3)), 0.8 * np.clip(plane, 0, 1)])
        axes.imshow(colored, extent=(x, x + w, y + h, y))
    axes.set(xlim=(0, width), ylim=(height, 0), title=title)
    axes.set_axis_off()
    patches = [plt.Rectangle((0, 0), 1, 1, color=color) for color in (BLUE, ORANGE)]
    axes.legend(patches, planes, loc="upper right", bbox_to_anchor=(1, 0), ncols=2, borderaxespad=0.2)


def lines(strips, rows, title=""):
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
    _figure_title(figure, title)


def columns(strip, shares, names, title=""):
    """A strip, uint8 (48, W), over the probabilities of its columns, which are as wide as the strip together.

    shares: float (T, C), of 0..1; names: of the C classes. Only classes that somewhere have a tenth or more are shown.
    """
    shown = np.flatnonzero(shares.max(axis=0) >= 0.1)
    height, width = strip.shape
    heights = height, 0.3 * height * len(shown)
    size = 9.4, 8 * sum(heights) / width + 1  # in inches; names and colour bar take what is left of the width
    figure, (axes, below) = plt.subplots(2, 1, figsize=size, sharex=True, height_ratios=heights)
    axes.imshow(strip, cmap="gray", vmin=0, vmax=255, aspect="auto", extent=(0, width, height, 0))
    axes.set_yticks([])
    heat = below.imshow(
        shares[:, shown].T,
        cmap="Blues",
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=(0, width, len(shown), 0),
        interpolation="nearest",
    )
    below.set_yticks(np.arange(len(shown)) + 0.5, [names[i] for i in shown])
    below.set_yticks(np.arange(len(shown)), minor=True)
    below.grid(False)
    below.grid(axis="y", which="minor", color="#dddddd", linewidth=0.5)
    below.set_xlabel("px of the strip")
    axes.grid(False)
    figure.colorbar(heat, ax=below, label="probability", shrink=0.9, pad=0.01)
    _figure_title(figure, title)


def page_errors(rows, title):
    """Character error rates of pages as bars, all rows of a kind of picture together.

    rows: those of `pages` in models/benchmark.json: edits and characters by text, kind and reader.
    """
    table = pd.DataFrame(rows).groupby(["text", "kind", "reader"], sort=False)[["edits", "characters"]].sum()
    table["wrong"] = 100 * table["edits"] / table["characters"]
    texts = table.index.unique("text")
    figure, grid = plt.subplots(1, len(texts), figsize=(9.4, 3.2), sharey=True, squeeze=False)
    for text, axes in zip(texts, grid.flat, strict=True):
        here = table.loc[text].reset_index()
        x, y, hue = (here[name].to_list() for name in ("kind", "wrong", "reader"))  # lists, so that axes get no names
        sns.barplot(x=x, y=y, hue=hue, ax=axes, legend=text == texts[0])
        axes.set_title(text, fontweight="normal", fontsize=10)
        axes.set_ylabel("characters read wrong (%)")
        for bars in axes.containers:
            axes.bar_label(bars, fmt="%.1f", fontsize=8)
    _figure_title(figure, title)


def class_counts(labels, title, counted="letters"):
    """How many letters, or what else is counted, each class has. labels: uint8 (N,)."""
    classes, counts = np.unique(labels, return_counts=True)
    _, axes = plt.subplots(figsize=(9.4, 2.8))
    axes.bar(class_names(classes), counts, color=np.where(classes < 26, BLUE, ORANGE), width=0.8)
    axes.set(title=title, xlabel="class", ylabel=counted)
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.01)
    if (classes < 26).any() and (classes >= 26).any():
        axes.legend(
            handles=[plt.Rectangle((0, 0), 1, 1, color=color) for color in (BLUE, ORANGE)],
            labels=["capitals", "small letters"],
            loc="lower right",
            bbox_to_anchor=(1, 1),
            borderaxespad=0.2,
            ncols=2,
        )


def ink_per_class(frames, labels, title):
    """How much of a frame the ink covers, as boxes over classes. frames: uint8 (N, 28, 28), labels: uint8 (N,)."""
    share = frames.reshape(len(frames), -1).mean(axis=1, dtype=np.float32) / 255
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    names = class_names(np.unique(labels))
    sns.boxplot(x=class_names(labels), y=100 * share, order=names, ax=axes, color="#9ecae1", fliersize=0, linewidth=0.8)
    axes.set(title=title, xlabel="class", ylabel="ink (% of the frame)")


def letter_map(places, labels, title):
    """Letters as text at their places, float (N, 2), on a plane: capitals blue, small letters orange.

    labels: class numbers (N,). Few are drawn large, many small.
    """
    size = float(np.clip(90 / np.sqrt(len(places)), 7, 14))
    figure, axes = plt.subplots(figsize=(9.4, 6.4))
    axes.scatter(*np.transpose(places), s=0)  # sets the limits
    for (x, y), label in zip(places, labels, strict=True):
        color = BLUE if label < 26 else ORANGE
        axes.text(x, y, CLASSES[label], color=color, fontsize=size, ha="center", va="center", clip_on=True)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    _figure_title(figure, title)


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


def ablation(accuracies, title):
    """Accuracies of several trainings each, {name: float (n,)}: a dot for each, and their mean with a line for what the
    standard deviation is to both sides. The first is the one that others are compared with."""
    figure, axes = plt.subplots(figsize=(9.4, 0.4 * len(accuracies) + 1.1))
    for i, values in enumerate(accuracies.values()):
        color = GREY if i == 0 else BLUE
        axes.errorbar(np.mean(values), i, xerr=np.std(values, ddof=1), fmt="o", color=color, capsize=4, markersize=7)
        axes.plot(values, np.full(len(values), i), "|", color=color, markersize=9)
    axes.axvline(np.mean(next(iter(accuracies.values()))), color=GREY, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(accuracies)), list(accuracies))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("test accuracy, letters of other hands")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _figure_title(figure, title)


def learning_curves(history, title):
    """Accuracy and loss over epochs. history: {"accuracy", "loss"} and, if there, {"val_accuracy", "val_loss"}, a list
    each."""
    figure, pair = plt.subplots(1, 2, figsize=(9.4, 3.2))
    for axes, name, scale, unit in ((pair[0], "accuracy", 100, "accuracy (%)"), (pair[1], "loss", 1, "loss")):
        for key, label, style in ((name, "training", "o--"), (f"val_{name}", "validation", "o-")):
            if key not in history:
                continue
            values = np.asarray(history[key]) * scale
            axes.plot(range(1, len(values) + 1), values, style, label=label, markersize=4)
        axes.set(xlabel="epoch", ylabel=unit)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    _figure_title(figure, title)


def race(histories, title):
    """Validation accuracy over time. histories: {name: {"seconds", "val_accuracy"}}, a list each."""
    figure, axes = plt.subplots(figsize=(9.4, 3.4))
    for (name, history), color, marker in zip(histories.items(), (GREY, BLUE), "so", strict=True):
        seconds, accuracy = np.asarray(history["seconds"]), 100 * np.asarray(history["val_accuracy"])
        axes.plot(seconds, accuracy, f"{marker}-", color=color, markersize=4, label=name)
    axes.set(xlabel="seconds of training", ylabel="validation accuracy (%)", ylim=(0, 100))
    axes.set_xlim(left=0)
    axes.legend(loc="lower right")
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


def precision_and_recall(names, precision, recall, title):
    """Two shares per class: of what was read as it, how much was right; of what was written, how much was read."""
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    axes.plot(names, 100 * np.asarray(precision), "o", color=BLUE, label="precision")
    axes.plot(names, 100 * np.asarray(recall), "D", color=ORANGE, markersize=4, label="recall")
    axes.set(title=title, xlabel="class", ylabel="%")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)
    axes.margins(x=0.015)


def reliability(confidence, right, title, bins=10):
    """Accuracy over confidence, in bins of equal width, and how many letters each bin has. confidence: float (N,)."""
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.digitize(confidence, edges) - 1, 0, bins - 1)
    filled = [i for i in range(bins) if (bin_of == i).sum() >= 10]
    _, (axes, below) = plt.subplots(2, 1, figsize=(4.6, 5), sharex=True, height_ratios=(3, 1))
    axes.plot([0, 100], [0, 100], "--", color=GREY, label="calibrated")
    x = [100 * confidence[bin_of == i].mean() for i in filled]
    y = [100 * right[bin_of == i].mean() for i in filled]
    axes.plot(x, y, "o-", color=BLUE, label="measured")
    axes.set(title=title, ylabel="accuracy (%)", xlim=(0, 100), ylim=(0, 102))
    axes.legend(loc="upper left")
    below.bar(100 * (edges[:-1] + 0.5 / bins), np.bincount(bin_of, minlength=bins), width=90 / bins, color=BLUE)
    below.set(xlabel="confidence (%)", ylabel="letters", yscale="log")


def refusal_curve(confidence, right, title):
    """Accuracy of what is answered, over the share that is refused, the least sure letters first."""
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    accuracy = np.cumsum(right[order]) / answered
    refused = 1 - answered / len(order)
    shown = refused <= 0.4
    _, axes = plt.subplots(figsize=(6, 3.2))
    axes.plot(100 * refused[shown], 100 * accuracy[shown], color=BLUE)
    axes.set(title=title, xlabel="letters refused (%)", ylabel="accuracy of the rest (%)")


def stress_curves(curves, title):
    """{stress: (amounts, {reader: accuracies of 0..1})}, a panel each, the readers beside each other."""
    columns = 3
    rows = -(-len(curves) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(9.4, 2.6 * rows), squeeze=False, sharey=True)
    for axes, (stress, (amounts, readers)) in zip(grid.flat, curves.items(), strict=False):
        for (reader, values), style in zip(readers.items(), ("o-", "v--"), strict=False):
            axes.plot(amounts, 100 * np.asarray(values), style, label=reader, markersize=4)
        axes.set(xlabel=stress, ylim=(0, 103))
    for axes in grid[:, 0]:
        axes.set_ylabel("read right (%)")
    for axes in grid.flat[len(curves) :]:
        axes.set_axis_off()
    handles, names = grid.flat[0].get_legend_handles_labels()
    grid.flat[-1].legend(handles, names, loc="center")
    _figure_title(figure, title)


def heat_over_letters(frames, maps, titles, title):
    """Maps, float (N, 28, 28), as colour over the frames they belong to."""
    figure, grid = plt.subplots(1, len(frames), figsize=(9.4, 9.4 / len(frames) + 0.6), squeeze=False)
    for axes, frame, heat, name in zip(grid.flat, frames, maps, titles, strict=True):
        show_letter(axes, frame, name)
        limit = max(float(np.abs(heat).max()), 0.05)
        axes.imshow(heat, cmap="inferno", alpha=np.clip(np.abs(heat) / limit, 0, 0.85), vmin=0, vmax=limit)
    _figure_title(figure, title)


def strokes(drawings, titles=None, columns=10, title="", points=False):
    """Letters as pen strokes, lists of float (n, 2) each: one colour a stroke, in the order of writing, a dot where it
    begins. points: mark every point."""
    rows = -(-len(drawings) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(9.4, 9.4 / columns * rows + 0.3 * rows + 0.3), squeeze=False)
    palette = [BLUE, ORANGE, GREEN, "#CC79A7"]
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
    _figure_title(figure, title)


def benchmark(rows, title):
    """Accuracy per set with its 95 % interval, case known and not. rows: `accuracy` of models/benchmark.json."""
    names = [f"{row['set']}, {'capitals' if row['case'] == 'upper' else 'small'}" for row in rows]
    place = np.arange(len(rows))[::-1]
    _, axes = plt.subplots(figsize=(9.4, 0.42 * len(rows) + 1.2))
    for key, label, marker, color, off in (
        ("known", "case known", "o", BLUE, 0.13),
        ("any", "any case", "D", ORANGE, -0.13),
    ):
        value = np.array([100 * row[key]["accuracy"] for row in rows])
        low, high = 100 * np.array([row[key]["interval"] for row in rows]).T
        bars = np.maximum([value - low, high - value], 0)
        axes.errorbar(value, place + off, xerr=bars, fmt=marker, color=color, markersize=5, capsize=3, label=label)
    axes.set(title=title, xlabel="accuracy (%), with 95 % interval over writers", yticks=place, yticklabels=names)
    axes.legend(loc="lower left", frameon=True)


def throughput(series, title):
    """Letters a second over the number of letters, by the clock and by the workers' processors. series: {name: table of
    what `benchmarks.scale.measure` gives}, a line each."""
    figure, pair = plt.subplots(1, 2, figsize=(9.4, 3.4), sharex=True)
    styles = ((GREY, "s-"), (BLUE, "o-"), ("#E69F00", "D--"), (ORANGE, "v--"))
    for axes, key, unit in zip(pair, ("seconds", "processor"), ("second", "second of a processor"), strict=True):
        for (name, rows), (color, style) in zip(series.items(), styles, strict=False):
            letters = np.asarray(rows["letters"])
            axes.plot(letters, letters / np.asarray(rows[key]), style, color=color, markersize=5, label=name)
        axes.set(xscale="log", xlabel="letters in a run", ylabel=f"letters a {unit}")
        axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(series), fontsize=9)
    _figure_title(figure, title)


def speed_up(cores, times, title):
    """How many times as fast as one core, over the number of cores, beside as many times as there are cores.

    cores: int (N,); times: float (N,).
    """
    figure, axes = plt.subplots(figsize=(9.4, 3.6))
    axes.plot(cores, cores, "--", color=GREY, label="as many times as there are cores")
    axes.plot(cores, times, "o-", color=BLUE, markersize=5, label="reckoned")
    axes.set(xscale="log", yscale="log", xlabel="cores", ylabel="times as fast as one core")
    axes.legend()
    _figure_title(figure, title)


def _figure_title(figure, title):
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
