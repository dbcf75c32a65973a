"""The geometry of charts: numbers in, places on the page out. components/line_chart.html draws it without colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

WIDTH: Final = 520
HEIGHT: Final = 262
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 512, 14, 234
_NARROWEST: Final = 34  # between two labels of the foot
_STEPS: Final = (5, 10, 20, 25)
_LINES: Final = 5
_THRESHOLDS: Final = (90, 95)


@dataclass(frozen=True)
class Line:
    """A level of the chart with its per cent."""

    y: str
    label: int
    is_threshold: bool


@dataclass(frozen=True)
class Label:
    """A word under the chart."""

    x: str
    words: str


@dataclass(frozen=True)
class LineChart:
    """One line of shares over time."""

    path: str
    levels: tuple[Line, ...]
    labels: tuple[Label, ...]
    last_x: str
    last_y: str
    last_label_y: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = _RIGHT


def line_chart(shares: Sequence[Fraction], marks: Sequence[str]) -> LineChart | None:
    """Place shares (0 to 1) from left to right; `marks` names the place of each, "" for none. None without two."""
    if len(shares) < 2:
        return None
    step, floor = _scale(min(shares))
    top = 100

    def place_x(at: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * at / (len(shares) - 1)

    def place_y(per_cent: float) -> float:
        return _TOP + (_BOTTOM - _TOP) * (top - per_cent) / (top - floor)

    points = [(place_x(at), place_y(float(share * 100))) for at, share in enumerate(shares)]
    labels: list[Label] = []
    before = -float(_NARROWEST)
    for at, words in enumerate(marks):
        if words and place_x(at) - before >= _NARROWEST and place_x(at) <= _RIGHT - _NARROWEST / 2:
            labels.append(Label(f"{place_x(at):.1f}", words))
            before = place_x(at)
    levels = [Line(f"{place_y(level):.1f}", level, level in _THRESHOLDS) for level in range(floor, top + 1, step)]
    last_x, last_y = points[-1]
    # The figure stands on the side of the last point from which the line does not come.
    recent = [y for _, y in points[-max(3, len(points) // 8) :]]
    comes_from_below = sum(recent) / len(recent) > last_y
    under = last_y - 10 if comes_from_below or last_y > _BOTTOM - 24 else last_y + 20
    return LineChart(
        path="M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points),
        levels=tuple(levels),
        labels=tuple(labels),
        last_x=f"{last_x:.1f}",
        last_y=f"{last_y:.1f}",
        last_label_y=f"{under:.1f}",
    )


def _scale(lowest: Fraction) -> tuple[int, int]:
    """Give the step and the lowest level: at most five steps under 100, and the whole line within."""
    for step in _STEPS:
        floor = int(lowest * 100) // step * step
        floor = min(floor, 100 - 2 * step)
        if (100 - floor) // step <= _LINES:
            return step, floor
    return _STEPS[-1], 0
