"""One way into the office."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from attendance_office.staff.roles import Can


@dataclass(frozen=True)
class Way:
    """How one URL is reached and whom it lets in."""

    cans: tuple[Can, ...] | None
    kwargs: str | Callable[[Any], dict[str, Any]] = ""
    """What gives the URL's arguments from the cast: a function, or its name in test_permission_matrix; empty for none."""
    chooses: bool = False
    """Whether a function's arguments only choose a view. Otherwise they name a row of Thornbridge: not there for another school."""
    post: bool = False
    """Whether the URL takes POST only."""
    rows: str = ""
    """Whether row reach narrows it further: "group" (9A's tutor, head of year 9, whole school), "runs" (who may approve letters sees all; others those they made), "sent" (made for head of year 9; who keeps reports sees all), "own" (head of year 9's alone), or "" for not."""
    once: bool = False
    """Whether doing it makes it go: the second person finds nothing."""
    get: dict[str, str] = field(default_factory=dict)
    is_fragment: bool = False
    """Whether it answers with a part of a page, JSON or a file, so that the browser does not look at it as a page."""
    also: tuple[Can, ...] = ()
    """Rights that are needed beside one of `cans`, all of them."""
