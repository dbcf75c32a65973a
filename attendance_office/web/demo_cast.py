"""The sign-ins that a demo shows on its own first page. Nothing of this is read outside a demo."""

# ruff: noqa: S105 - the demo's password is printed on the page

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from attendance_office.staff.models import Post

# This room may not read the registers, where the demo is made; a test holds the two together.
DOMAINS: Final = ("thornbridge.example", "ridgeway.example")
PASSWORD: Final = "nine-oclock-register"


@dataclass(frozen=True)
class SignIn:
    """One person of the demo whom the visitor may be."""

    name: str
    role: str
    place: str
    email: str
    password: str = PASSWORD


def demo_cast() -> list[SignIn]:
    """Give the first person in each role of the demo's schools, as they were made. One query."""
    theirs = Q()
    for domain in DOMAINS:
        theirs |= Q(user__email__endswith=f"@{domain}")
    posts = (
        Post.objects.filter(theirs, ended_on=None, user__is_active=True)
        .select_related("user", "school", "trust", "tutor_group")
        .order_by("user_id", "pk")
    )
    first: dict[tuple[int | None, str], SignIn] = {}
    for post in posts:
        place = post.school or post.trust
        first.setdefault(
            (post.school_id, post.role),
            SignIn(post.user.full_name, post.role_title, str(place or ""), post.user.email),
        )
    return list(first.values())
