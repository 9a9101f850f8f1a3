"""Pictures of the figures, in the colours of the web UI."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FuncFormatter, NullLocator

from benchmarks.figures import Figure, Results
from benchmarks.report import show, show_seconds

TOKENS = Path(__file__).resolve().parents[1] / "ui" / "src" / "styles" / "tokens.css"
OURS = "Runstone"
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # which matplotlib brings: the same picture everywhere
    "font.size": 9,
    "svg.fonttype": "path",
    "svg.hashsalt": "runstone",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
}


# --- colours ------------------------------------------------------------------------------------


def colour(token: str) -> str:
    """A token of the web UI's light theme as #rrggbb."""
    name = re.escape(f"--{token}")
    found = re.search(rf"{name}:\s*light-dark\(oklch\(([\d. ]+)\)", TOKENS.read_text())
    if found is None:
        raise KeyError(f"{TOKENS.name} has no colour --{token} in oklch")
    lightness, chroma, hue = map(float, found[1].split())
    return _from_oklch(lightness, chroma, hue)


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """https://bottosson.github.io/posts/oklab/, then the transfer function of sRGB."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    cones = np.array(
        [
            [1, 0.3963377774, 0.2158037573],
            [1, -0.1055613458, -0.0638541728],
            [1, -0.0894841775, -1.2914855480],
        ]
    )
    linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    rgb = np.clip(linear @ (cones @ [lightness, a, b]) ** 3, 0, 1)
    shown = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in shown)


@dataclass(frozen=True)
class Colours:
    """What the pictures use of the tokens."""

    surface: str
    ink: str
    faint: str
    grid: str
    axis: str
    ours: str
    theirs: str
    worse: str


def colours() -> Colours:
    return Colours(*map(colour, ("surface", "ink", "ink-3", "ch-grid", "ch-axis", "c1", "c2", "fail")))


# --- the ratios -----------------------------------------------------------------------------------


def ratios(results: Results, path: Path) -> None:
    """How many times better than MLflow, for every figure that both have."""
    rows = [(label, _better(sides)) for label, sides in results.items()]
    shown = [(label, *better) for label, better in rows if better is not None]
    with mpl.rc_context(STYLE):
        inks = colours()
        picture = Picture(
            figsize=(9.2, 0.9 + 0.27 * len(shown)), facecolor=inks.surface, layout="constrained"
        )
        axes = picture.subplots()
        _draw_ratios(axes, shown, inks)
        _save(picture, path)


def _draw_ratios(axes: Axes, rows: Sequence[tuple[str, float, bool]], inks: Colours) -> None:
    for row, (_, ratio, beyond) in enumerate(rows):
        ink = inks.ours if ratio >= 1 else inks.worse
        axes.barh(row, ratio - 1, left=1, height=0.62, color=ink, zorder=2)
        text = f"{'> ' if beyond else ''}{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2g}×"
        axes.annotate(
            text,
            (max(ratio, 1), row),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=inks.ink,
            weight="bold",
        )
    axes.set(
        xscale="log", xlim=(min(0.7, *(ratio * 0.8 for _, ratio, _ in rows)), 3 * max(r for _, r, _ in rows))
    )
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [label for label, _, _ in rows], color=inks.ink)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}×"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", colors=inks.faint, labeltop=True, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.axvline(1, color=inks.axis, linewidth=1, zorder=3)
    axes.grid(axis="x", color=inks.grid, zorder=0)
    axes.set_facecolor(inks.surface)


def _better(sides: dict[str, Figure]) -> tuple[float, bool] | None:
    """How many times the first side is better, and whether that is the least it can be."""
    if len(sides) < 2:
        return None
    ours, theirs = list(sides.values())[:2]
    if not ours.value or not theirs.value or ours.beyond:
        return None
    ratio = ours.value / theirs.value if ours.higher_is_better else theirs.value / ours.value
    return ratio, theirs.beyond


# --- the curves ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """A chart of one or more curves: `curves` maps the name of a curve in the results to its label ("" for none)."""

    title: str
    curves: dict[str, str]
    x: str
    budget: float = 0
    linear: bool = False
    whole: int = 0
    """A size to which the curve is drawn on, as a guess."""
    total: bool = False
    """Whether a rate is shown as the time that all of it takes, and a share as all of it."""


GROWTH = {
    "growth-runs": (
        Panel("Newest 100 runs", {"search, newest first": ""}, "runs in the experiment", budget=0.008),
        Panel(
            "100 best by a metric",
            {"search, ordered by a metric": ""},
            "runs in the experiment",
            budget=0.030,
        ),
        Panel("100 that a filter finds", {"search, filtered": ""}, "runs in the experiment", budget=0.010),
        Panel(
            "The first page of all, and the last",
            {"page 1": "first", "last page": "last"},
            "runs in the experiment",
        ),
    ),
    "growth-points": (
        Panel("Read a series in 2,500 buckets", {"buckets": ""}, "points in the series"),
        Panel("Bytes per stored point", {"bytes": ""}, "points in the series", budget=8),
        Panel("Points written a second", {"write": ""}, "points in the series", linear=True),
    ),
    "growth-keys": (
        Panel("Metrics stored a second by log-batch", {"log-batch": ""}, "metrics of the run"),
        Panel("Open the run", {"open": ""}, "metrics of the run"),
    ),
    "growth-shape": (
        Panel("Time to write it", {"shape: write": ""}, "points", whole=2_250_000_000, total=True),
        Panel("Size on disk", {"shape: bytes": ""}, "points", whole=2_250_000_000, total=True),
        Panel(
            "Find a run",
            {"shape: newest": "newest", "shape: by a metric": "best by a metric"},
            "points",
            whole=2_250_000_000,
        ),
        Panel(
            "Look at runs",
            {"shape: open": "open one", "shape: chart": "one metric of several"},
            "points",
            whole=2_250_000_000,
        ),
    ),
}


@dataclass(frozen=True)
class Curve:
    """What is drawn: sizes and values, and whether the last value is only the least it may be."""

    side: str
    label: str
    unit: str
    xs: list[int]
    ys: list[float]
    beyond: bool


def has_curves(name: str, results: Results) -> bool:
    """Whether the results have anything of a growth benchmark."""
    return any(any(_curves(panel, results)) for panel in GROWTH[name])


def growth(name: str, results: Results, path: Path) -> bool:
    """Draw the panels of one growth benchmark; False if the results have none of it."""
    panels = [(panel, list(_curves(panel, results))) for panel in GROWTH[name]]
    panels = [(panel, curves) for panel, curves in panels if curves]
    if not panels:
        return False
    columns = 2 if len(panels) in (2, 4) else len(panels)
    rows = math.ceil(len(panels) / columns)
    with mpl.rc_context(STYLE):
        inks = colours()
        picture = Picture(figsize=(10, 0.3 + 2.9 * rows), facecolor=inks.surface, layout="constrained")
        picture.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
        for axes, (panel, curves) in zip(np.ravel(picture.subplots(rows, columns)), panels, strict=False):
            _draw_panel(axes, panel, curves, inks)
        _save(picture, path)
    return True


def _curves(panel: Panel, results: Results) -> Iterator[Curve]:
    figures = [(side, figure) for sides in results.values() for side, figure in sides.items()]
    for curve, label in panel.curves.items():
        for side in dict.fromkeys(side for side, _ in figures):
            mine = sorted((f for s, f in figures if s == side and f.curve == curve), key=lambda f: f.at)
            if mine:
                values = [_total(figure) if panel.total else (figure.value, figure.unit) for figure in mine]
                xs, ys = [figure.at for figure in mine], [value for value, _ in values]
                yield Curve(side, label, values[0][1], xs, ys, mine[-1].beyond)


def _total(figure: Figure) -> tuple[float, str]:
    """What a rate or a share comes to for all points."""
    return (figure.at * figure.value, "B") if figure.unit == "bytes" else (figure.at / figure.value, "s")


def _draw_panel(axes: Axes, panel: Panel, curves: list[Curve], inks: Colours) -> None:
    axes.set_facecolor(inks.surface)
    axes.set_title(panel.title, loc="left", color=inks.ink, weight="bold", fontsize=10, pad=9)
    axes.set(xscale="log", yscale="linear" if panel.linear else "log")
    ends: list[tuple[float, float]] = []
    for curve in curves:
        dashed = curve.label != curves[0].label
        ends.append(_draw_curve(axes, panel, curve, inks, dashed=dashed))
    _set_limits(axes, panel, curves, ends)
    _draw_budget(axes, panel, curves, inks)
    _draw_labels(axes, panel, curves, ends, inks)
    sizes = sorted({x for curve in curves for x in curve.xs} | ({panel.whole} if panel.whole else set()))
    axes.set_xticks(sizes, [_count(size) for size in sizes])
    axes.set_xlabel(panel.x, color=inks.faint, loc="left", fontsize=8)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, curves[0].unit)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.tick_params(colors=inks.faint, labelsize=8)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(inks.axis)
    axes.grid(axis="y", color=inks.grid, zorder=0)


def _draw_curve(
    axes: Axes, panel: Panel, curve: Curve, inks: Colours, *, dashed: bool
) -> tuple[float, float]:
    """Draw a curve, and on to the whole if there is one; where it ends."""
    ink = _ink(curve, inks)
    line = (0, (6, 3)) if dashed else "-"
    axes.plot(
        curve.xs, curve.ys, color=ink, linestyle=line, marker="o", markeredgecolor=inks.surface, zorder=3
    )
    if not panel.whole or len(curve.xs) < 2:
        return curve.xs[-1], curve.ys[-1]
    x, y = panel.whole, _extrapolated(curve, panel.whole)
    axes.plot([curve.xs[-1], x], [curve.ys[-1], y], color=ink, linestyle=(0, (1, 2)), linewidth=1.5, zorder=2)
    axes.plot([x], [y], marker="o", color=inks.surface, markeredgecolor=ink, zorder=3)
    return x, y


def _ink(curve: Curve, inks: Colours) -> str:
    return inks.ours if curve.side == OURS else inks.theirs


def _set_limits(axes: Axes, panel: Panel, curves: list[Curve], ends: list[tuple[float, float]]) -> None:
    heights = [y for curve in curves for y in curve.ys] + [y for _, y in ends]
    heights += [panel.budget] if panel.budget else []
    low, high = min(heights), max(heights)
    if panel.linear:
        axes.set_ylim(0, 1.25 * high)
    else:
        room = max((high / low) ** 0.12, 1.6)
        axes.set_ylim(low / room, high * room)
    first, last = min(curve.xs[0] for curve in curves), max(x for x, _ in ends)
    width = last / first
    axes.set_xlim(first / width**0.05, last * width**0.38)  # room for the labels at the ends


def _draw_budget(axes: Axes, panel: Panel, curves: list[Curve], inks: Colours) -> None:
    if panel.budget:
        first, last = min(c.xs[0] for c in curves), max(c.xs[-1] for c in curves)
        dots = (0, (2, 2.5))
        axes.plot([first, last], [panel.budget] * 2, color=inks.faint, linewidth=1, linestyle=dots, zorder=1)
        text = f"budget {_tick(panel.budget, curves[0].unit)}"
        place = {"xytext": (0, 3), "textcoords": "offset points"}
        axes.annotate(text, (first, panel.budget), color=inks.faint, fontsize=8, **place)


def _draw_labels(
    axes: Axes, panel: Panel, curves: list[Curve], ends: list[tuple[float, float]], inks: Colours
) -> None:
    """Each curve's name and last value at its end, moved apart where they would cover each other."""
    heights = axes.transAxes.inverted().transform(axes.transData.transform(ends))[:, 1]
    for curve, (x, y), height in zip(curves, ends, apart(heights.tolist(), 0.19), strict=True):
        value = show(Figure("", y, curve.unit, beyond=curve.beyond))
        if y != curve.ys[-1]:
            value = f"≈ {y / 3600:.1f} h" if curve.unit == "s" and y >= 3600 else f"≈ {_tick(y, curve.unit)}"
        name = curve.label if panel.whole else f"{curve.side.split()[0]} {curve.label}"
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        axes.annotate(
            f"{name}\n{value}".strip(),
            (x, height),
            color=_ink(curve, inks),
            weight="bold",
            fontsize=8,
            annotation_clip=False,
            xytext=(9, 0),
            va="center",
            linespacing=1.2,
            **place,
        )


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """The heights, any two at least a gap apart: those that are too near are spread about their middle."""
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    piles: list[list[int]] = []
    for number in order:
        piles.append([number])
        while len(piles) > 1 and _foot(piles[-1], heights, gap) < _top(piles[-2], heights, gap):
            piles[-2:] = [piles[-2] + piles[-1]]
    moved = list(heights)
    for pile in piles:
        foot = _foot(pile, heights, gap) + gap / 2
        for place, number in enumerate(pile):
            moved[number] = foot + place * gap
    return moved


def _foot(pile: Sequence[int], heights: Sequence[float], gap: float) -> float:
    """Where the labels of a pile begin that is centred on what it labels."""
    return sum(heights[number] for number in pile) / len(pile) - gap * len(pile) / 2


def _top(pile: Sequence[int], heights: Sequence[float], gap: float) -> float:
    return _foot(pile, heights, gap) + gap * len(pile)


def _extrapolated(curve: Curve, size: int) -> float:
    """The value at a size, from the last point on, as steep as the logarithms of the last three."""
    xs, ys = np.log(curve.xs[-3:]), np.log(curve.ys[-3:])
    slope = max(0.0, float(np.polyfit(xs, ys, 1)[0]))  # nothing gets faster for there being more of it
    return float(np.exp(ys[-1] + slope * (math.log(size) - xs[-1])))


def _count(value: float) -> str:
    for size, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"


def _tick(value: float, unit: str) -> str:
    if unit == "s":
        return show_seconds(value)
    if unit == "B":
        return f"{_count(value)}B"
    return _count(value)


def _save(picture: Any, path: Path) -> None:
    metadata = {"Date": None} if path.suffix == ".svg" else None
    picture.savefig(path, metadata=metadata, facecolor=picture.get_facecolor())
