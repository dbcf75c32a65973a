"""Coding many sessions in one act, taking it back, and what the office knows before a register is taken."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from attendance_office.refusals import Refused
from registers.actions.attendance import Entry, open_register, save_marks
from registers.actions.coding import Wanted, code_sessions, take_back_planned, undo_coding
from registers.actions.known import write_known_codes
from registers.models import AbsenceNote, Agreement, AgreementPupil, Amendment, Closure, Mark, TakenBackMark, WeekTotal
from registers.queries.known import known_codes
from registers.queries.sheets import sheet_of
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")
FRIDAY = Session(date(2026, 11, 20), "PM")


def code(cast, *wanted, over=("N",), by=None, at=MORNING, **more):
    return code_sessions(
        school=cast.thornbridge, wanted=wanted, over=over, reason="Mother rang", verb="coded", words="Absence line",
        by=by or cast.sandra, at=at, **more,
    )  # fmt: skip


def note(pupil, code="I", to_on=MONDAY, from_on=MONDAY, **more):
    return AbsenceNote.objects.create(
        school=pupil.school, pupil=pupil, from_on=from_on, to_on=to_on, told_code=code, code=code, reason="temperature",
        logged_at=MORNING, **more,
    )  # fmt: skip


def agree(pupil, code="C2", weekly="1" * 10, to_on=date(2026, 12, 4)):
    row = Agreement.objects.create(
        school=pupil.school, kind="part_time", code=code, name="Mornings only", from_on=MONDAY, to_on=to_on,
        ends_on=to_on, weekly=weekly, agreed_on=MONDAY, agreed_by="Dr Abara", made_at=MORNING,
    )  # fmt: skip
    AgreementPupil.objects.create(school=pupil.school, agreement=row, pupil=pupil)
    return row


def mark_of(pupil, session=AM):
    return Mark.objects.get(pupil=pupil, on=session.on, half=session.half)


def test_an_act_writes_what_is_missing_amends_what_it_may_and_leaves_the_rest(cast):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    done = code(
        cast, *(Wanted(pk, AM, "I") for pk in (cast.callum.pk, cast.amina.pk)), Wanted(cast.tyler.pk, FRIDAY, "M")
    )
    assert [(one.pupil_id, was) for one, was in done.amended] == [(cast.callum.pk, "N")]
    assert [(one.pupil_id, stands) for one, stands in done.left] == [(cast.amina.pk, "/")]
    assert [one.pupil_id for one in done.written] == [cast.tyler.pk]
    assert Amendment.objects.get().reason == "Mother rang"
    assert done.entry.words == "Absence line: 2 marks"
    assert mark_of(cast.tyler, FRIDAY).origin == "office"


def test_an_act_is_undone_within_ten_minutes_and_what_was_written_is_kept_among_the_marks_taken_back(cast):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    done = code(cast, Wanted(cast.callum.pk, AM, "I"), Wanted(cast.tyler.pk, FRIDAY, "M"))
    with pytest.raises(Refused, match="ten minutes"):
        undo_coding(school=cast.thornbridge, entry_id=done.entry.pk, by=cast.sandra, at=MORNING + timedelta(minutes=11))
    undone = undo_coding(
        school=cast.thornbridge, entry_id=done.entry.pk, by=cast.sandra, at=MORNING + timedelta(minutes=9)
    )
    assert (undone.taken_back, undone.amended_back, undone.left) == (1, 1, 0)
    assert mark_of(cast.callum).code == "N"
    assert not Mark.objects.filter(pupil=cast.tyler).exists()
    kept = TakenBackMark.objects.get()
    assert (kept.pupil_id, kept.code, kept.by_name, kept.taken_with) == (
        cast.tyler.pk, "M", "Mrs S. Pugh", f"undo:{done.entry.pk}",
    )  # fmt: skip
    assert WeekTotal.objects.get(pupil_id=cast.tyler.pk).authorised == 0
    with pytest.raises(Refused, match="already"):
        undo_coding(school=cast.thornbridge, entry_id=done.entry.pk, by=cast.sandra, at=MORNING + timedelta(minutes=9))
    with pytest.raises(Refused, match="nothing of yours"):
        undo_coding(school=cast.thornbridge, entry_id=done.entry.pk, by=cast.laila, at=MORNING)


def test_what_was_changed_since_is_left_by_an_undo(cast):
    done = code(cast, Wanted(cast.tyler.pk, FRIDAY, "M"), Wanted(cast.ikra.pk, FRIDAY, "M"))
    later = MORNING + timedelta(minutes=2)
    code(cast, Wanted(cast.tyler.pk, FRIDAY, "I"), over=None, at=later)
    undone = undo_coding(school=cast.thornbridge, entry_id=done.entry.pk, by=cast.sandra, at=later)
    assert (undone.taken_back, undone.left) == (1, 1)
    assert mark_of(cast.tyler, FRIDAY).code == "I"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (("callum", Session(date(2026, 11, 24), "AM"), "I"), "has not come yet"),
        (("callum", Session(date(2026, 10, 27), "AM"), "I"), "does not meet"),
        (("callum", AM, "H"), "H ended on 18 Aug 2024"),
        (("callum", AM, "X"), "Ashworth, Callum: X is only for"),
        (("canary", AM, "I"), "a pupil of another school"),
    ],
)
def test_what_cannot_stand_is_refused_with_the_pupil_or_the_day_and_nothing_is_changed(cast, wanted, words):
    name, session, symbol = wanted
    with pytest.raises(Refused, match=words):
        code(cast, Wanted(cast.amina.pk, FRIDAY, "I"), Wanted(getattr(cast, name).pk, session, symbol))
    assert not Mark.objects.exists()


def test_a_closure_may_be_written_ahead_and_on_a_day_without_school(cast):
    ahead = Session(date(2026, 10, 27), "AM")
    done = code(cast, Wanted(cast.callum.pk, ahead, "#"), Wanted(cast.callum.pk, Session(date(2026, 12, 1), "AM"), "Y3"), ahead=True)  # fmt: skip
    assert done.done == 2
    gone = take_back_planned(
        school=cast.thornbridge, pupil_sessions=[(cast.callum.pk, Session(date(2026, 12, 1), "AM")), (cast.callum.pk, ahead)],
        what="closure 1", reason="Repaired", by=cast.sandra, at=MORNING,
    )  # fmt: skip
    assert gone == 1, "a past session's mark stays"


@pytest.mark.parametrize("setting", ["", "plan:x", "undo:1", "import:1"])
def test_postgres_takes_no_mark_back_that_was_taken_in_the_register(cast, setting):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('office.taking_back', %s, true)", [setting])
        with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
            cursor.execute("DELETE FROM registers_mark")
    assert Mark.objects.count() == 3


# ---------- what is known ----------


def test_of_several_known_codes_the_foremost_stands(cast):
    agree(cast.callum)
    assert known_codes(cast.thornbridge.pk, [AM])[cast.callum.pk, AM].code == "C2"
    note(cast.callum)
    assert known_codes(cast.thornbridge.pk, [AM])[cast.callum.pk, AM].code == "I"
    Closure.objects.create(
        school=cast.thornbridge,
        code="Y3",
        name="Boiler",
        from_on=MONDAY,
        to_on=MONDAY,
        year_groups=[9],
        made_at=MORNING,
    )
    known = known_codes(cast.thornbridge.pk, [AM, PM])
    assert known[cast.callum.pk, AM].code == known[cast.freya.pk, PM].code == "Y3"
    assert (cast.tyler.pk, AM) not in known
    agree(cast.callum, code="D", weekly="1000000000")
    known = known_codes(cast.thornbridge.pk, [AM, PM])
    assert (known[cast.callum.pk, AM].code, known[cast.callum.pk, PM].code) == ("D", "Y3")


def test_a_note_withdrawn_or_over_is_known_no_more_and_one_without_end_goes_on(cast):
    note(cast.callum, state="withdrawn")
    note(cast.amina, to_on=date(2026, 11, 20), from_on=date(2026, 11, 19))
    note(cast.freya, to_on=None, from_on=date(2026, 11, 19))
    assert {pupil for pupil, _ in known_codes(cast.thornbridge.pk, [AM])} == {cast.freya.pk}


def test_what_is_known_becomes_a_mark_in_its_day_once_and_only_where_there_is_none(cast):
    note(cast.callum, to_on=None)
    note(cast.amina)
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, only=[cast.amina], finish=False)
    early = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    sessions = [FRIDAY, AM, PM, Session(date(2026, 11, 24), "AM")]
    asked = {"school": cast.thornbridge, "sessions": sessions, "by": None, "at": early}
    assert write_known_codes(**asked) == 2  # Callum's afternoon and Amina's; his morning came with the register
    assert write_known_codes(**asked) == 0
    assert mark_of(cast.amina).code == "/"
    assert {(m.on, m.half, m.origin) for m in cast.callum.marks.all()} == {(MONDAY, "AM", "planned"), (MONDAY, "PM", "planned")}  # fmt: skip


def test_a_sheet_shows_what_is_known_and_a_save_of_the_rest_finishes_it(cast, count_queries):
    note(cast.callum)
    row = sheet_of(cast.nine_a, AM).rows[0]
    assert (row.code, row.is_planned, row.mark) == ("I", True, None)
    saved = take(cast.nine_a, AM, by=cast.pat, at=MORNING, only=[cast.amina, cast.freya])
    assert saved.completed_at is not None
    assert mark_of(cast.callum).code == "I"


@pytest.mark.parametrize(("typed", "stands"), [("N", "I"), ("/", "/"), ("L", "L")])
def test_whoever_takes_the_register_no_reason_yields_to_the_note_and_a_pupil_who_came_does_not(cast, typed, stands):
    note(cast.callum)
    save_marks(
        school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, entries=[Entry(cast.callum.pk, typed, was="")],
        key=uuid4(), finish=False, by=cast.pat, at=datetime(2026, 11, 23, 8, 50, tzinfo=UTC),
    )  # fmt: skip
    assert mark_of(cast.callum).code == stands


def test_opening_a_register_writes_what_is_known(cast):
    agree(cast.callum)
    open_register(school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, by=cast.pat, at=MORNING)
    assert mark_of(cast.callum).code == "C2"
