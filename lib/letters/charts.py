"""Charts of counts and measurements, in the style of `letters.plots`.

Each function takes plain arrays and draws one figure, which the notebook shows below the cell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator, PercentFormatter

from letters.plots import BLUE, GREY, GRID, ORANGE, PURPLE, class_names, figure_title, shades

Values = Sequence[float] | np.ndarray


def page_errors(rows: list[dict[str, Any]], title: str) -> None:
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
        axes.set_ylabel("character errors (%)")
        for bars in axes.containers:
            axes.bar_label(bars, fmt="%.0f", fontsize=8)
    figure_title(figure, title)


def class_counts(labels: np.ndarray, title: str, counted: str = "letters") -> None:
    """How many letters each class has. labels: uint8 (N,). counted: the label of the axis."""
    classes, counts = np.unique(labels, return_counts=True)
    _, axes = plt.subplots(figsize=(9.4, 2.8))
    axes.bar(class_names(classes), counts, color=np.where(classes < 26, BLUE, ORANGE), width=0.8)
    axes.set(title=title, xlabel="class", ylabel=counted)
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.01)
    if (classes < 26).any() and (classes >= 26).any():
        axes.legend(
            handles=[plt.Rectangle((0, 0), 1, 1, color=color) for color in (BLUE, ORANGE)],
            labels=["uppercase", "lowercase"],
            loc="lower right",
            bbox_to_anchor=(1, 1),
            borderaxespad=0.2,
            ncols=2,
        )


def ink_per_class(frames: np.ndarray, labels: np.ndarray, title: str) -> None:
    """How much of a frame the ink covers, as boxes over classes. frames: uint8 (N, 28, 28), labels: uint8 (N,)."""
    share = frames.reshape(len(frames), -1).mean(axis=1, dtype=np.float32) / 255
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    names = class_names(np.unique(labels))
    lines = {"color": BLUE, "fill": False, "linewidth": 1, "fliersize": 0}
    sns.boxplot(x=class_names(labels), y=100 * share, order=names, ax=axes, **lines)
    axes.set(title=title, xlabel="class", ylabel="ink (% of the frame)")


def before_and_after(names: Sequence[str], before: Values, after: Values, title: str, labels: Sequence[str]) -> None:
    """Two shares per class, as dots joined by a line: what a change did to each. names: (N,); before, after: (N,) 0..1;
    labels: what the two are."""
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    axes.vlines(names, 100 * np.asarray(before), 100 * np.asarray(after), color=GREY, linewidth=1.2)
    axes.plot(names, 100 * np.asarray(before), "o", color=BLUE, label=labels[0])
    axes.plot(names, 100 * np.asarray(after), "v", color=ORANGE, label=labels[1])
    axes.set(title=title, xlabel="class", ylabel="read correctly (%)", ylim=(-4, 104))
    axes.legend(loc="lower right", bbox_to_anchor=(1, -0.32), ncols=2)
    axes.margins(x=0.015)


def ablation(accuracies: Mapping[str, Values], title: str) -> None:
    """Accuracies of several trainings of each setting, {name: float (n,)}: a mark for each, their mean, its standard
    deviation. The others are compared with the first."""
    figure, axes = plt.subplots(figsize=(9.4, 0.4 * len(accuracies) + 1.1))
    for i, values in enumerate(accuracies.values()):
        color = GREY if i == 0 else BLUE
        axes.errorbar(np.mean(values), i, xerr=np.std(values, ddof=1), fmt="o", color=color, capsize=4, markersize=7)
        axes.plot(values, np.full(len(values), i), "|", color=color, markersize=9)
    axes.axvline(np.mean(next(iter(accuracies.values()))), color=GREY, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(accuracies)), list(accuracies))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("test accuracy, letters of other writers")
    axes.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))  # whole percents
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure_title(figure, title)


def learning_curves(history: Mapping[str, Values], title: str) -> None:
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
    figure_title(figure, title)


def race(histories: Mapping[str, Mapping[str, Values]], title: str) -> None:
    """Validation accuracy over time. histories: {name: {"seconds", "val_accuracy"}}, a list each."""
    figure, axes = plt.subplots(figsize=(9.4, 3.4))
    for (name, history), color, marker in zip(histories.items(), (GREY, BLUE), "so", strict=True):
        seconds, accuracy = np.asarray(history["seconds"]), 100 * np.asarray(history["val_accuracy"])
        axes.plot(seconds, accuracy, f"{marker}-", color=color, markersize=4, label=name)
    axes.set(xlabel="seconds of training", ylabel="validation accuracy (%)", ylim=(0, 100))
    axes.set_xlim(left=0)
    axes.legend(loc="lower right")
    figure_title(figure, title)


def confusion(matrix: np.ndarray, names: Sequence[str], title: str) -> None:
    """A confusion matrix, int (C, C): rows are what was written, columns what was read. A cell is a share of its row.
    The diagonal has numbers in place of colours, so that mistakes show."""
    share = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    wrong = share.copy()
    np.fill_diagonal(wrong, np.nan)
    _, axes = plt.subplots(figsize=(7.6, 6.6))
    sns.heatmap(
        wrong,
        ax=axes,
        cmap=shades(ORANGE),
        vmin=0,
        square=True,
        linewidths=0.4,
        linecolor=GRID,
        xticklabels=names,
        yticklabels=names,
        cbar_kws={"label": "share of the letters written (%)", "shrink": 0.7},
    )
    for i in range(len(names)):
        axes.text(i + 0.5, i + 0.5, f"{share[i, i]:.0f}", ha="center", va="center", fontsize=7)
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0)
    axes.set(title=title, xlabel="read as", ylabel="written")


def precision_and_recall(names: Sequence[str], precision: Values, recall: Values, title: str) -> None:
    """Two shares per class: of what was read as it, how much was right; of what was written, how much was read."""
    _, axes = plt.subplots(figsize=(9.4, 3.2))
    axes.plot(names, 100 * np.asarray(precision), "o", color=BLUE, label="precision")
    axes.plot(names, 100 * np.asarray(recall), "D", color=ORANGE, markersize=4, label="recall")
    axes.set(title=title, xlabel="class", ylabel="%")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)
    axes.margins(x=0.015)


def reliability(confidence: np.ndarray, right: np.ndarray, title: str, bins: int = 10) -> None:
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


def refusal_curve(confidence: np.ndarray, right: np.ndarray, title: str) -> None:
    """Accuracy of what is answered, over the share that is refused, the least sure letters first."""
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    accuracy = np.cumsum(right[order]) / answered
    refused = 1 - answered / len(order)
    shown = refused <= 0.4
    _, axes = plt.subplots(figsize=(6, 3.2))
    axes.plot(100 * refused[shown], 100 * accuracy[shown], color=BLUE)
    axes.set(title=title, xlabel="letters refused (%)", ylabel="accuracy of the others (%)")


def stress_curves(curves: Mapping[str, tuple[Values, Mapping[str, Values]]], title: str) -> None:
    """{stress: (amounts, {reader: accuracies of 0..1})}, a panel each, the readers beside each other."""
    columns = 3
    rows = -(-len(curves) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(9.4, 2.6 * rows), squeeze=False, sharey=True)
    for axes, (stress, (amounts, readers)) in zip(grid.flat, curves.items(), strict=False):
        for (reader, values), style in zip(readers.items(), ("o-", "v--"), strict=False):
            axes.plot(amounts, 100 * np.asarray(values), style, label=reader, markersize=4)
        axes.set(xlabel=stress, ylim=(0, 103))
    for axes in grid[:, 0]:
        axes.set_ylabel("read correctly (%)")
    for axes in grid.flat[len(curves) :]:
        axes.set_axis_off()
    handles, names = grid.flat[0].get_legend_handles_labels()
    grid.flat[-1].legend(handles, names, loc="center")
    figure_title(figure, title)


def benchmark(rows: list[dict[str, Any]], title: str) -> None:
    """Accuracy per set with its 95 % interval, case known and not. rows: `accuracy` of models/benchmark.json."""
    names = [f"{row['set']}, {'uppercase' if row['case'] == 'upper' else 'lowercase'}" for row in rows]
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
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)


def throughput(series: Mapping[str, pd.DataFrame], title: str) -> None:
    """Letters a second over the number of letters, by the clock and by the workers' processors. series: {name: table of
    what `benchmarks.scale.measure` gives}, a line each."""
    figure, pair = plt.subplots(1, 2, figsize=(9.4, 3.4), sharex=True)
    styles = ((GREY, "s-"), (BLUE, "o-"), (PURPLE, "D--"), (ORANGE, "v--"))
    for axes, key, unit in zip(pair, ("seconds", "processor"), ("second", "processor second"), strict=True):
        for (name, rows), (color, style) in zip(series.items(), styles, strict=False):
            letters = np.asarray(rows["letters"])
            axes.plot(letters, letters / np.asarray(rows[key]), style, color=color, markersize=5, label=name)
        axes.set(xscale="log", xlabel="letters in a run", ylabel=f"letters per {unit}")
        axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(series), fontsize=9)
    figure_title(figure, title)


def speed_up(cores: np.ndarray, times: np.ndarray, title: str) -> None:
    """The speed-up over the number of cores, beside the ideal one.

    cores: int (N,); times: float (N,).
    """
    figure, axes = plt.subplots(figsize=(9.4, 3.6))
    axes.plot(cores, cores, "--", color=GREY, label="if nothing were lost")
    axes.plot(cores, times, "o-", color=BLUE, markersize=5, label="estimated")
    axes.set(xscale="log", yscale="log", xlabel="cores", ylabel="times as fast as one core")
    axes.legend()
    figure_title(figure, title)
