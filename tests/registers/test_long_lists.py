"""Worklists of three thousand rows: each page in at most fifteen questions, and cut into pages."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registers.models import (
    AbsenceNote,
    Agreement,
    AgreementPupil,
    Call,
    Closure,
    Contact,
    Doubt,
    Enrolment,
    Group,
    Import,
    LessonMark,
    LineMessage,
    Mark,
    Membership,
    Parent,
    Placement,
    Pupil,
    StoredFile,
    TeachingGroup,
)
from tests.conftest import MONDAY, MORNING
from tests.factories.timetable import make_timetable

pytestmark = pytest.mark.django_db
MANY = 3000
MOST_QUERIES = 15
MOST_ROWS = 210  # a page of each list, their heads and what stands beside them
TUESDAY = MONDAY - timedelta(days=6)
PAGES = {
    "absence line, messages waiting": ("registers:message_list", ""),
    "absence line": ("registers:absence_line", ""),
    "no reason yet": ("registers:unexplained_list", "due=all"),
    "missing marks": ("registers:missing_marks", ""),
    "doubtful marks": ("registers:doubt_list", ""),
    "joiners and leavers": ("registers:admissions", ""),
    "no working number": ("registers:contact_health", ""),
    "not confirmed": ("registers:contact_health", "which=old"),
    "each late": ("registers:late_list", f"from={TUESDAY}&to={MONDAY}"),
    "lates by pupil": ("registers:late_list", f"view=pupils&from={TUESDAY}&to={MONDAY}"),
    "late again": ("registers:late_list", f"view=repeated&least=1&from={TUESDAY}&to={MONDAY}"),
    "agreements": ("registers:agreement_list", ""),
    "imports": ("registers:import_list", ""),
    "closures": ("registers:closure_list", ""),
    "pupils": ("registers:pupil_list", ""),
    "groups": ("registers:group_list", ""),
    "classes": ("registers:class_list", ""),
    "lates to lessons": ("registers:late_list", f"of=lessons&from={TUESDAY}&to={MONDAY}"),
}


def on_roll(cast):
    """Put three thousand pupils in one form, who all start or leave this week, each with a parent without a number."""
    said, week = {"school": cast.thornbridge}, timedelta(days=7)
    pupils = Pupil.objects.bulk_create(
        Pupil(
            **said, upn=f"Z{n:012d}", legal_surname=f"Crowd{n:04d}", legal_forename="Sam", sort_name=f"crowd{n:04d}, sam",
            date_of_birth=date(2013, 3, 4), sex="F", year_group=9, tutor_group=cast.nine_a,
        )
        for n in range(MANY)
    )  # fmt: skip
    Enrolment.objects.bulk_create(
        Enrolment(
            **said,
            pupil=pupil,
            starts_on=MONDAY if n % 2 else MONDAY - week,
            ends_on=None if n % 2 else MONDAY + timedelta(days=4),
            leaving_ground="" if n % 2 else "a",
        )
        for n, pupil in enumerate(pupils)
    )
    Placement.objects.bulk_create(
        Placement(**said, pupil=pupil, tutor_group=cast.nine_a, year_group=9, from_on=MONDAY - week) for pupil in pupils
    )
    contacts = Contact.objects.bulk_create(
        Contact(**said, forename="Jo", surname=pupil.legal_surname) for pupil in pupils
    )
    Parent.objects.bulk_create(
        Parent(**said, pupil=pupil, contact=contact, relationship="Mother")
        for pupil, contact in zip(pupils, contacts, strict=True)
    )
    return pupils


@pytest.fixture
def crowded(cast):
    """Give the cast a school in which every worklist has three thousand rows."""
    said = {"school": cast.thornbridge}
    pupils = on_roll(cast)

    def marks(on, half, code, **more):
        Mark.objects.bulk_create(
            Mark(
                **said, pupil=pupil, on=on, half=half, code=code, school_week=on - timedelta(days=on.weekday()), origin="office",
                recorded_at=MORNING, **more,
            )
            for pupil in pupils
        )  # fmt: skip

    marks(TUESDAY, "AM", "N")
    marks(TUESDAY, "PM", "L", minutes_late=4)
    LineMessage.objects.bulk_create(
        LineMessage(**said, channel="email", received_at=MORNING, sender="a@b.example", body="Ill", logged_at=MORNING)
        for _ in range(MANY)
    )
    notes = AbsenceNote.objects.bulk_create(
        AbsenceNote(**said, pupil=pupil, from_on=MONDAY, to_on=MONDAY, told_code="I", code="I", logged_at=MORNING)
        for pupil in pupils
    )
    Call.objects.bulk_create(
        Call(**said, note=note, channel="call", heard_at=MORNING, caller="Mum", logged_at=MORNING) for note in notes
    )
    Doubt.objects.bulk_create(
        Doubt(
            **said, pupil=pupil, on=TUESDAY, half="AM", ground="ended_code", code="H", words="Ended", found_at=MORNING
        )
        for pupil in pupils
    )
    deals = Agreement.objects.bulk_create(
        Agreement(
            **said, kind="visit", code="V", name="Trip", place="Hall", from_on=MONDAY, to_on=date(2026, 12, 1), agreed_on=MONDAY,
            ends_on=date(2026, 12, 1), agreed_by="Dr Abara", made_at=MORNING,
        )
        for _ in pupils
    )  # fmt: skip
    AgreementPupil.objects.bulk_create(
        AgreementPupil(**said, agreement=deal, pupil=pupil) for deal, pupil in zip(deals, pupils, strict=True)
    )
    file = StoredFile.objects.create(
        **said, purpose="import", name="p.csv", kind="text/csv", size=1, sha256="0", content=b"a", added_at=MORNING
    )
    Import.objects.bulk_create(
        Import(**said, file=file, system="ours", feeds="pupils", made_at=MORNING, made_by=cast.sandra) for _ in pupils
    )
    Closure.objects.bulk_create(
        Closure(**said, code="Y1", name="Bus", from_on=MONDAY, to_on=MONDAY, is_standing=False, made_at=MORNING)
        for _ in pupils
    )
    groups = Group.objects.bulk_create(Group(**said, name=f"Crowd{n:04d} club") for n in range(MANY))
    Membership.objects.bulk_create(
        Membership(**said, group=groups[0], pupil=pupil, from_on=TUESDAY) for pupil in pupils
    )
    TeachingGroup.objects.bulk_create(TeachingGroup(**said, name=f"Crowd{n:04d}/En") for n in range(MANY))
    lesson = make_timetable(cast).en_p1
    LessonMark.objects.bulk_create(
        LessonMark(**said, pupil=pupil, lesson=lesson, on=MONDAY, code="L", minutes_late=4, recorded_at=MORNING)
        for pupil in pupils
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself outside a test's one transaction
    return cast


def test_each_opens_in_fifteen_questions_and_shows_a_page(crowded, sign_in, at_morning):
    client = sign_in(crowded.sandra)
    too_many, too_long, empty = {}, {}, []
    for words, (name, query) in PAGES.items():
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(f"{reverse(name)}?{query}")
        page = answer.content.decode()
        assert answer.status_code == 200, words
        if len(asked) > MOST_QUERIES:
            too_many[words] = len(asked)
        if (rows := page.count("<tr")) > MOST_ROWS:
            too_long[words] = rows
        if not re.search(r"Crowd\d{4}|a@b\.example|p\.csv|Bus", page):
            empty.append(words)
    assert (too_many, too_long, empty) == ({}, {}, [])


def test_a_group_of_three_thousand_opens_in_fifteen_questions_and_shows_a_page(crowded, sign_in, at_morning):
    client = sign_in(crowded.sandra)
    group = Group.objects.order_by("pk").first()
    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("registers:group_detail", args=[group.pk])).content.decode()
    assert "Crowd0000, Sam" in page
    assert len(asked) <= MOST_QUERIES
    assert page.count("<tr") <= MOST_ROWS
