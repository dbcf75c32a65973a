"""The explorer's page, whole, as its looks and filters are asked one after another; no floor, the goal is on p95.

With BENCH_BIG=1 the school is copied to sixty step by step, and at each step the same pages are asked again: the growth
is drawn into docs/pictures/explorer-growth.svg. Where sixty schools are there already, only they are measured.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from django.db import connection
from django.test import Client

from attendance_office import clock
from attendance_office.staff.models import Post, School
from registers.actions import demo
from registers.models import Mark

from .ground import row
from .year_to_date import AT, FROM, ON, SCHOOLS

STEPS = (1, 5, 15, 30, SCHOOLS)
ROUNDS = 8
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "explorer-growth.svg"
LOOKS = (
    "view=list",
    "view=list&year=9&year=10&sen=K&sen=E&sort=attendance",
    "view=list&near=90&within=2&period=term",
    "view=list&period=year_before",
    "view=table&by=year",
    "view=table&by=form&by2=sex&show=persistent",
    "view=table&by=ethnicity&pp=yes",
    "view=weeks",
    "view=weeks&by=year",
    "view=weekdays",
    "view=weekdays&fsm=yes&period=half_term",
    "view=bands&year=11",
    "view=gaps",
    "view=gaps&period=own&from_on=2025-11-04&to_on=2026-06-17",
)


class Step(NamedTuple):
    """How the pages fared at one size: schools, marks in all, and p95 in milliseconds."""

    schools: int
    marks: int
    p95: float


def run() -> list[dict[str, Any]]:
    """Measure; make the data at the first call."""
    made = demo.make_school(plan=demo.THORNBRIDGE, seed=demo.SEED, on=ON, by=None, at=AT)
    plans = demo.copies(SCHOOLS - 1)
    there = 1 + School.objects.filter(urn__in=[plan.urn for plan in plans]).count()
    big = bool(os.environ.get("BENCH_BIG"))
    found: list[dict[str, Any]] = []
    curve: list[Step] = []
    for step in STEPS:
        if step < there or (step > 1 and not big):
            continue
        for plan in plans[: step - 1]:
            if not School.objects.filter(urn=plan.urn).exists():
                demo.copy_school(plan=plan, source=made.school, since=FROM, by=None, at=AT)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE registers_mark, registers_weektotal")
        taken = pages(made.school)
        marks = Mark.objects.count()
        times = sorted(ms for some in taken.values() for ms in some)
        p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
        # What the machine's other work adds is not the page's: of each look the best round, of those the slowest.
        quiet = max(min(some) for some in taken.values())
        words = f"{step} school{'' if step == 1 else 's'}, {marks / 1e6:.1f} million marks"
        curve.append(Step(step, marks, p95))
        found.append(row(f"explorer p50, {words}", p50))
        found.append(row(f"explorer p95, {words}", p95, goal=500))
        worst = max(taken, key=lambda look: min(taken[look]))
        found.append(row(f"slowest look at its best, {words}", quiet, goal=500, note=worst))
    if len(curve) > 1:
        picture(curve)
    return found


def pages(school: School) -> dict[str, list[float]]:
    """Ask every look of the page, once for warmth and then some rounds, and give the times of each in milliseconds."""
    lead = Post.objects.select_related("user").filter(school=school, role="lead", ended_on=None).first()
    assert lead is not None
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(lead.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["second_factor"] = True
    session.save()
    taken: dict[str, list[float]] = {look: [] for look in LOOKS}
    with mock.patch.object(clock, "now", lambda: AT):
        for turn in range(ROUNDS + 1):
            for look in LOOKS:
                began = time.perf_counter()
                answer = client.get(f"/explorer/?{look}")
                assert answer.status_code == 200, (look, answer.status_code)
                if turn:
                    taken[look].append((time.perf_counter() - began) * 1000)
    return taken


def picture(curve: list[Step]) -> None:
    """Draw the growth: p95 over the marks in the database, and the goal it has to stay under."""
    most = max(step.marks for step in curve)
    points = [(60 + 420 * step.marks / most, 220 - 180 * step.p95 / 600, step) for step in curve]
    words = "; ".join(f"{step.schools}: {step.p95:.0f} ms" for step in curve)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/><text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{step.p95:.0f}</text>'
        f'<text x="{x:.1f}" y="238" text-anchor="middle">{step.marks / 1e6:.1f}</text>'
        f'<text x="{x:.1f}" y="253" text-anchor="middle">{step.schools}</text>'
        for x, y, step in points
    )
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    PICTURE.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 540 290" font-family="sans-serif" font-size="11" fill="#0b5f58" '
        'role="img" aria-labelledby="growth-title growth-desc"><title id="growth-title">Explorer, p95 of a page by the size of '
        f'the trust</title><desc id="growth-desc">Schools and p95: {words}</desc>'
        '<g fill="none" stroke="#0b5f58"><path d="M60 40V220H500"/><path d="M60 70H500" stroke-dasharray="5 4"/>'
        f'<polyline points="{path}" stroke-width="2"/></g>{dots}'
        '<text x="60" y="30">p95 of a page, ms</text><text x="54" y="224" text-anchor="end">0</text>'
        '<text x="54" y="74" text-anchor="end">500</text><text x="500" y="64" text-anchor="end">goal</text>'
        '<text x="54" y="238" text-anchor="end">million</text><text x="54" y="253" text-anchor="end">schools</text></svg>\n',
        encoding="utf-8",
    )
