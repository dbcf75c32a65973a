"""Every URL, tried by every role, by nobody and by another school.

MATRIX names each URL once: what it needs (one of these rights), and how to reach it for a pupil, group or row of Thornbridge.
`None` as rights means every signed-in member of staff; "public" means nobody needs to sign in. A URL not listed here fails
the build (tests/test_house.py).
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import reverse

from attendance_office.staff.roles import Can
from tests.conftest import MONDAY

PEOPLE = (
    "sandra", "laila", "pat", "hal", "adeyemi", "nine", "bea", "dee", "max", "sol", "gov", "tess", "ada",
)  # fmt: skip
OUTSIDERS = ("olly", "rita")


@dataclass(frozen=True)
class Way:
    """How one URL is reached and whom it lets in."""

    cans: tuple[Can, ...] | None
    kwargs: str = ""
    """The name of a function below that gives the URL's arguments from the cast; empty for none."""
    post: bool = False
    """Whether the URL takes POST only."""
    rows: str = ""
    """Whether row reach narrows it further: "group" (9A's tutor, head of year 9, whole school), or "" for not."""
    get: dict[str, str] = field(default_factory=dict)


def register(cast: Any) -> dict[str, Any]:
    return {"group_pk": cast.nine_a.pk, "on": MONDAY.isoformat(), "half": "AM"}


def pupil(cast: Any) -> dict[str, Any]:
    return {"pk": cast.callum.pk}


def person(cast: Any) -> dict[str, Any]:
    return {"pk": cast.pat.pk}


def post(cast: Any) -> dict[str, Any]:
    return {"pk": cast.pat.pk, "post_pk": cast.pat.posts.get().pk}


C = Can
MATRIX: dict[str, Way] = {
    "office:home": Way(None),
    "office:healthz": Way(None),
    "office:readyz": Way(None),
    "office:choose_school": Way(None, post=True),
    "office:stay": Way(None, post=True),
    "office:help": Way(None),
    "office:office": Way((C.EDIT_CALENDAR, C.EDIT_STAFF, C.EDIT_JOBS, C.SEE_AUDIT, C.SEE_HEALTH)),
    "office:staff_list": Way((C.EDIT_STAFF,)),
    "office:staff_add": Way((C.EDIT_STAFF,)),
    "office:staff_detail": Way((C.EDIT_STAFF,), "person"),
    "office:post_give": Way((C.EDIT_STAFF,), "person", post=True),
    "office:post_end": Way((C.EDIT_STAFF,), "post", post=True),
    "office:account_switch": Way((C.EDIT_STAFF,), "person", post=True),
    "office:factor_reset": Way((C.EDIT_STAFF,), "person", post=True),
    "office:role_table": Way((C.EDIT_STAFF, C.SEE_AUDIT)),
    "office:trail": Way((C.SEE_AUDIT,)),
    "reporting:desk": Way((C.SEE_DESK,)),
    "reporting:desk_fresh": Way((C.SEE_DESK,)),
    "reporting:figures": Way((C.SEE_FIGURES,)),
    "reporting:health": Way((C.SEE_HEALTH,)),
}
