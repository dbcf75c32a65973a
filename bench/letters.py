"""Letters made: fifty by one worker, five hundred by two, each beside the press alone on the same pages.

Makes a school of its own with a term of marks, and takes away nothing: the record keeps what was written.
"""

from __future__ import annotations

import multiprocessing
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import connection, connections

from attendance_office.staff.models import School, User
from letters import pdf
from letters.actions import making, runs
from letters.actions.templates import supply_templates
from letters.actions.writing import write_letters
from letters.models import Letter, LetterTemplate, PrintRun
from letters.queries.composing import composed
from letters.queries.writing import Period
from registers.models import Contact, Parent, Pupil
from registers.rules.ages import school_year_starts

from .ground import FIRST, bare_school, row, school_days

URN = "999007"
AT = datetime(2026, 3, 2, 9, 14, tzinfo=UTC)
ONE, TWO = 50, 500
_MARKS = """
    INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, comment, school_week, origin, recorded_at)
    SELECT p.school_id, p.id, d."on", h.half,
           CASE WHEN (p.id * 31 + d.n * 7) %% 13 = 0 THEN 'I' WHEN h.half = 'AM' THEN '/' ELSE '\\' END,
           '', d."on" - (extract(isodow FROM d."on")::int - 1), 'register', d."on"::timestamptz + interval '9 hours'
    FROM registers_pupil p, unnest(%s::date[]) WITH ORDINALITY AS d("on", n), (VALUES ('AM'), ('PM')) AS h(half)
    WHERE p.school_id = %s AND NOT EXISTS (SELECT 1 FROM registers_mark m WHERE m.school_id = p.school_id)
"""


def run() -> list[dict[str, Any]]:
    """Give the figures of this bench, each beside its floor."""
    school, pupils, officer = _ground()
    floor, floor_busy = _press_alone(_written(school, pupils[:ONE], officer))
    one, one_busy = _timed_one(school)
    _written(school, pupils[:TWO], officer)
    two, spoilt = _timed_two(school)
    join, many = _join(school, officer)
    note = "the floor prints the same pages with nothing read and nothing kept"
    return [
        row("processor time of a letter", one_busy * 1000, floor=floor_busy * 1000, note="holds on a busy machine too"),
        row(f"{ONE} letters by one worker", one, "s", floor=floor, note=f"{note}; goal 6 s"),
        row(f"{TWO} letters by two workers", two, "s", floor=floor * TWO / ONE / 2, note=f"goal 60 s; {spoilt} failed"),
        row(f"{many} letters joined under a cover list", join, "s", note="from the files that were kept"),
    ]


def _ground() -> tuple[School, list[Pupil], User]:
    school = bare_school(URN)
    officer = User.objects.get(email=f"officer@bench{URN}.invalid")
    School.objects.filter(pk=school.pk).update(phone="01632 960 140", headteacher="Dr S. Abara")
    school.refresh_from_db()
    supply_templates(school=school, by=officer, at=AT)
    pupils = list(Pupil.objects.filter(school=school).order_by("pk"))
    if not Parent.objects.filter(school=school).exists():
        homes = Contact.objects.bulk_create(
            Contact(
                school=school, title="Ms", forename="Jo", surname=pupil.legal_surname,
                address=f"{number} Quarry Terrace, Thornbridge", postcode=f"TB4 {number % 9}HN",
            )
            for number, pupil in enumerate(pupils, 1)
        )  # fmt: skip
        Parent.objects.bulk_create(
            Parent(school=school, pupil=pupil, contact=home, relationship="Mother")
            for pupil, home in zip(pupils, homes, strict=True)
        )
    days = [day for day in school_days() if day < AT.date()]
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, [days, school.pk])
        cursor.execute("ANALYZE registers_mark")
    return school, pupils, officer


def _written(school: School, pupils: list[Pupil], officer: User) -> list[Letter]:
    letters, _ = write_letters(
        school=school,
        pupils=pupils,
        template=LetterTemplate.objects.get(school=school, kind="concern"),
        fields={"reason": "We would like to hear from you."},
        period=Period(max(FIRST, school_year_starts(AT.date())), AT.date()),
        token=uuid4(),
        by=officer,
        at=AT,
    )
    return letters


def _press_alone(letters: list[Letter]) -> tuple[float, float]:
    """Print the pages of some letters, put together beforehand: give what the press takes by itself.

    In seconds for all, and in processor time for each.
    """
    sheets = [composed(letter, letter.facts, on=AT.date()).page for letter in letters]
    pdf.letter(sheets[0])
    began, busy = time.perf_counter(), time.process_time()
    for sheet in sheets:
        pdf.letter(sheet)
    return time.perf_counter() - began, (time.process_time() - busy) / len(sheets)


def _timed_one(school: School) -> tuple[float, float]:
    began, busy = time.perf_counter(), time.process_time()
    _work(school.pk)
    return time.perf_counter() - began, (time.process_time() - busy) / ONE


def _timed_two(school: School) -> tuple[float, int]:
    connections.close_all()
    hands = [multiprocessing.get_context("fork").Process(target=_work, args=(school.pk,)) for _ in range(2)]
    began = time.perf_counter()
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return time.perf_counter() - began, Letter.objects.filter(school=school, state="failed").count()


def _work(school_id: int) -> None:
    while making.make_next(at=AT, school_id=school_id) is not None:
        pass
    connections.close_all()


def _join(school: School, officer: User) -> tuple[float, int]:
    made = runs.put_together(school=school, order=PrintRun.Order.POSTCODE, by=officer, at=AT)
    began = time.perf_counter()
    while runs.join_next(at=AT) is not None:
        pass
    return time.perf_counter() - began, made.letters.count()
