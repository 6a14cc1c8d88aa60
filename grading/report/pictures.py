"""The report's pictures as SVG, in colors that the page sets: light ones, dark ones, and those of paper."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from html import escape

import matplotlib
import matplotlib.ticker
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

_INK, _BAR, _LINE = "#010101", "#020202", "#030303"                # stand-ins for what the page sets
_SET = {_INK: "var(--ink)", _BAR: "var(--accent)", _LINE: "var(--line)"}
_STYLE = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 11, "axes.edgecolor": _LINE,
          "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK, "text.color": _INK,
          "axes.spines.top": False, "axes.spines.right": False}


def histogram(values: Sequence[float], label: str, bins: int = 20, span: tuple[float, float] | None = None,
              percent: bool = False) -> str:
    """How often values occur; the alternative text tells the numbers.

    What is beyond the span, as with extra credit, has bins of its own up to twice the span, and the last one beyond.
    """
    if span:
        width = (span[1] - span[0]) / bins
        more = math.ceil(min(max(0, (max(values, default=span[1]) - span[1]) / width - 1e-6), bins))
        bins, span = bins + more, (span[0], span[1] + more * width)
        values = np.clip(values, *span)
    counts, edges = np.histogram(values, bins, span)
    middle = np.median(values)
    form = "{:.0%}" if percent else "{:.3g}"
    told = "; ".join(f"{form.format(low)} to {form.format(high)}: {count}"
                     for low, high, count in zip(edges, edges[1:], counts) if count)

    def draw(axes) -> None:
        axes.bar(edges[:-1], counts, np.diff(edges) * 0.92, align="edge", color=_BAR)
        axes.axvline(middle, color=_INK, linewidth=1, linestyle="--")
        if percent:
            axes.xaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, 0))
        axes.set(xlabel=label, ylabel="students")
        axes.yaxis.get_major_locator().set_params(integer=True)

    return _svg(draw, f"{label}: {told}. The dashed line is the median, {form.format(middle)}.")


def bars(counts: Mapping[object, int], label: str) -> str:
    """How many there are of each."""
    def draw(axes) -> None:
        axes.bar(range(len(counts)), list(counts.values()), 0.8, color=_BAR)
        axes.set_xticks(range(len(counts)), [str(one) for one in counts])
        axes.set(xlabel=label, ylabel="students")
        axes.yaxis.get_major_locator().set_params(integer=True)

    each = (f"{one}: {count} student{'s' * (count != 1)}" for one, count in counts.items())
    return _svg(draw, f"{label}: {'; '.join(each)}")


def scatter(points: Sequence[tuple[float, float]], labels: tuple[str, str], told: str) -> str:
    def draw(axes) -> None:
        axes.axhline(0, color=_LINE, linewidth=1)
        axes.scatter(*np.array(points).T, s=22, color=_BAR, alpha=0.7, linewidths=0)
        axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(-0.03, 1.03))
        axes.xaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, 0))

    return _svg(draw, told)


def _svg(draw, told: str) -> str:
    with matplotlib.rc_context(_STYLE | {"svg.hashsalt": told}):
        figure = Figure(figsize=(4.8, 2.7), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots())
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = re.sub(r"<(metadata|style)\b.*?</\1>", "", file.getvalue(), flags=re.S)    # its style is for the whole page
    text = text[text.index("<svg "):]
    for stand_in, color in _SET.items():
        text = text.replace(stand_in, color)
    meant = set(re.findall(r"#([\w.-]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in meant else "", text)
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(told)}" ', 1)
