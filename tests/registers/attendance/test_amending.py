"""Amending: what the register must show of it, and the record as it stood at any instant."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance_office.audit.models import Entry as TrailEntry
from attendance_office.refusals import Conflict, Refused
from registers.actions.attendance import amend_mark, record_mark
from registers.models import Amendment, Enrolment, Mark, WeekTotal
from registers.queries.marks import history_of, marks_as_at
from registers.rules.sessions import Session

MONDAY = date(2026, 11, 23)
AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")
OPEN = datetime(2026, 11, 23, 8, 52, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mark(cast, save):
    save({cast.callum: "N"}, by=cast.pat, at=OPEN)
    return Mark.objects.get()


def amend(mark, code, by, reason="Mother rang", at=LATER, minutes=None, comment="", **more):
    return amend_mark(mark=mark, code=code, minutes_late=minutes, comment=comment, reason=reason, by=by, at=at, **more)


def test_the_register_shows_original_new_reason_date_name_and_role(cast, mark):
    assert amend(mark, "I", cast.sandra, comment="Sickness").code == "I"
    row = Amendment.objects.get()
    assert (row.from_code, row.to_code, row.from_comment, row.to_comment) == ("N", "I", "", "Sickness")
    assert (row.reason, row.at) == ("Mother rang", LATER)
    assert (row.by_id, row.by_name, row.by_role) == (cast.sandra.pk, "Mrs S. Pugh", "Attendance officer")
    (line,) = TrailEntry.objects.filter(verb="amended a mark")
    assert (line.words, line.reason) == ("Mon 23 Nov 2026 AM: N amended to I", "Mother rang")


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_amendment_without_a_reason(cast, mark, reason):
    with pytest.raises(Refused, match="Say why"):
        amend(mark, "I", cast.sandra, reason=reason)
    assert not Amendment.objects.exists()


@pytest.mark.parametrize(
    ("code", "minutes", "comment", "words"),
    [
        ("N", None, "", "says N already"),
        ("H", None, "", "ended on 18 Aug 2024"),
        ("X", None, "", "compulsory school age"),
        ("I", 5, "", "belong to L or U"),
        ("I", None, "x" * 201, "at most 200"),
    ],
)
def test_an_amendment_that_cannot_be_is_refused(cast, mark, code, minutes, comment, words):
    with pytest.raises(Refused, match=words):
        amend(mark, code, cast.sandra, minutes=minutes, comment=comment)
    assert not Amendment.objects.exists()


def test_office_codes_stay_with_the_office(cast, mark):
    with pytest.raises(Refused, match="entered by the office"):
        amend(mark, "C", cast.pat)


def test_a_mark_somebody_amended_meanwhile_is_a_conflict(cast, mark):
    amend(mark, "I", cast.sandra, was="N")
    with pytest.raises(Conflict, match=r"Mrs S\. Pugh changed this mark to I"):
        amend(mark, "O", cast.laila, was="N")


def test_history_tells_all_a_mark_has_said(cast, mark):
    amend(mark, "I", cast.sandra)
    amend(mark, "M", cast.laila, reason="It was the dentist", at=LATER + timedelta(hours=1))
    mark.refresh_from_db()
    said = [(one.code, one.by_name, one.by_role, one.reason) for one in history_of(mark)]
    assert said == [
        ("N", "Mrs P. Hargreave", "Tutor of 9A", ""),
        ("I", "Mrs S. Pugh", "Attendance officer", "Mother rang"),
        ("M", "Ms L. Noor", "Attendance lead", "It was the dentist"),
    ]


def as_at(cast, instant):
    found = marks_as_at(
        school_id=cast.thornbridge.pk, pupil_id=cast.callum.pk, from_on=MONDAY, to_on=MONDAY, instant=instant
    )
    return [(one.half, one.code, one.minutes_late, one.amended) for one in found]


def test_any_instant_can_be_asked(cast, mark):
    amend(mark, "L", cast.sandra, minutes=6)
    record_mark(pupil=cast.callum, session=PM, code="I", by=cast.sandra, at=LATER + timedelta(hours=4))
    assert as_at(cast, OPEN - timedelta(minutes=1)) == []
    assert as_at(cast, OPEN) == [("AM", "N", None, False)]
    assert as_at(cast, LATER - timedelta(seconds=1)) == [("AM", "N", None, False)]
    assert as_at(cast, LATER) == [("AM", "L", 6, True)]
    assert as_at(cast, LATER + timedelta(hours=5)) == [("AM", "L", 6, True), ("PM", "I", None, False)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(["I", "M", "O", "G", "C", "Y7", "D", "/"]), max_size=6))
def test_there_and_back_leaves_the_totals_as_they_were_and_the_way_on_record(cast, save, walk):
    with transaction.atomic():
        save({cast.callum: "N"}, by=cast.pat, at=OPEN)
        mark = Mark.objects.get(pupil=cast.callum)
        totals = WeekTotal.objects.filter(pupil_id=cast.callum.pk)
        before = list(totals.values())
        way, now = ["N"], "N"
        for step, code in enumerate([*walk, "N"]):
            if code == now:
                continue
            amend(mark, code, cast.sandra, at=LATER + timedelta(minutes=step))
            way.append(code)
            now = code
        assert list(totals.values()) == before
        mark.refresh_from_db()
        assert [one.code for one in history_of(mark)] == way
        for step, code in enumerate(walk):
            assert as_at(cast, LATER + timedelta(minutes=step, seconds=1))[0][1] == code
        transaction.set_rollback(True)


@pytest.mark.parametrize("sql", ["DELETE FROM registers_mark", "UPDATE registers_amendment SET reason = ''"])
def test_postgres_refuses_to_lose_the_record(cast, mark, sql):
    amend(mark, "I", cast.sandra)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_change_behind_the_offices_back_is_on_record_too(cast, mark):
    Mark.objects.filter(pk=mark.pk).update(code="O")
    assert Amendment.objects.get().to_code == "O"


def test_a_mark_is_entered_where_there_is_none(cast):
    mark = record_mark(pupil=cast.callum, session=AM, code="i", comment="Rang", by=cast.sandra, at=LATER)
    assert (mark.code, mark.origin, mark.recorded_by) == ("I", "office", cast.sandra)
    with pytest.raises(Refused, match="already has I: amend it"):
        record_mark(pupil=cast.callum, session=AM, code="N", by=cast.sandra, at=LATER)
    planned = record_mark(pupil=cast.callum, session=PM, code="M", by=cast.sandra, at=LATER)
    assert planned.origin == "planned"


@pytest.mark.parametrize("code", ["/", "L", "N", "U"])
def test_what_only_the_session_can_earn_is_not_known_before(cast, code):
    with pytest.raises(Refused, match="cannot be known before"):
        record_mark(pupil=cast.callum, session=PM, code=code, by=cast.sandra, at=LATER)


def test_only_a_pupil_on_roll_on_a_day_held_has_a_mark(cast):
    with pytest.raises(Refused, match="does not meet"):
        record_mark(pupil=cast.callum, session=Session(date(2026, 10, 26), "AM"), code="I", by=cast.sandra, at=LATER)
    Enrolment.objects.filter(pupil=cast.callum).update(ends_on=date(2026, 11, 20))
    with pytest.raises(Refused, match="not on roll"):
        record_mark(pupil=cast.callum, session=AM, code="I", by=cast.sandra, at=LATER)
