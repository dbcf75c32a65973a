"""Saving a register: what is written, what is refused, and what a second save of the same finds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from attendance_office.audit.models import Entry as TrailEntry
from attendance_office.refusals import Conflict, Refused
from registers.actions.attendance import EntriesRefused, Entry, open_register, record_mark, save_marks
from registers.models import Amendment, Cover, Mark, Receipt, Register, WeekTotal
from registers.queries.registers import Status, registers_of
from registers.rules.sessions import Session

MONDAY = date(2026, 11, 23)
AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")
OPEN = datetime(2026, 11, 23, 8, 52, tzinfo=UTC)
CLOSED = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def everyone(cast, code="/"):
    return dict.fromkeys((cast.callum, cast.amina, cast.freya), code)


def status(cast):
    return {line.tutor_group.name: line.status for line in registers_of(cast.thornbridge, AM)}["9A"]


def test_a_register_goes_from_not_opened_to_taken(cast, save):
    assert status(cast) is Status.NOT_OPENED
    open_register(school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, by=cast.pat, at=OPEN)
    assert status(cast) is Status.OPENED
    saved = save({cast.callum: "N"}, by=cast.pat, at=OPEN)
    assert status(cast) is Status.PART
    assert saved.counts == {
        "present": 0,
        "late": 0,
        "absent": 1,
        "not_possible": 0,
        "unmarked": 2,
        "expected": 3,
    }
    saved = save({cast.amina: "/", cast.freya: ("L", 6)}, by=cast.pat, at=OPEN, finish=True)
    assert status(cast) is Status.COMPLETE
    assert (saved.version, saved.completed_at, saved.changed) == (
        2,
        OPEN,
        tuple(sorted((cast.amina.pk, cast.freya.pk))),
    )
    register = Register.objects.get()
    assert (register.opened_by, register.saved_by, register.completed_by) == (cast.pat, cast.pat, cast.pat)
    assert register.taken_for == ""
    total = WeekTotal.objects.get(pupil_id=cast.freya.pk, school_week=MONDAY)
    assert (total.present, total.late) == (1, 1)


def test_opening_twice_remembers_the_first(cast):
    for by, at in ((cast.pat, OPEN), (cast.sandra, CLOSED)):
        register = open_register(school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, by=by, at=at)
    assert (register.opened_at, register.opened_by) == (OPEN, cast.pat)
    assert TrailEntry.objects.filter(verb="opened a register").count() == 1


@pytest.mark.parametrize(
    ("session", "at", "words"),
    [
        (Session(date(2026, 10, 23), "AM"), CLOSED, "does not meet"),
        (Session(date(2026, 11, 22), "AM"), CLOSED, "does not meet"),
        (Session(date(2026, 12, 25), "AM"), CLOSED, "does not meet"),
        (PM, CLOSED, "opens at 13:20"),
        (Session(date(2026, 11, 24), "AM"), CLOSED, "opens at 08:40"),
    ],
)
def test_a_session_not_held_or_not_begun_is_refused(cast, save, session, at, words):
    with pytest.raises(Refused, match=words):
        open_register(school=cast.thornbridge, tutor_group=cast.nine_a, session=session, by=cast.sandra, at=at)
    with pytest.raises(Refused, match=words):
        save({cast.callum: "N"}, by=cast.sandra, session=session, at=at)
    assert not Register.objects.exists()
    assert not Mark.objects.exists()


def test_a_session_without_times_is_refused(cast, save):
    cast.thornbridge.session_times.all().delete()
    with pytest.raises(Refused, match="No times are set"):
        save({cast.callum: "N"}, by=cast.sandra)


def test_the_same_save_five_times_is_one_save(cast, save):
    key = uuid4()
    answers = [
        save(everyone(cast), by=cast.pat, at=OPEN + timedelta(minutes=n), key=key, finish=True) for n in range(5)
    ]
    assert all(answer == answers[0] for answer in answers)
    assert Register.objects.get().version == 1
    assert (Mark.objects.count(), Amendment.objects.count(), Receipt.objects.count()) == (3, 0, 1)
    assert TrailEntry.objects.filter(verb="took a register").count() == 1


def test_a_key_of_another_register_is_refused(cast, save):
    key = uuid4()
    save({cast.callum: "/"}, by=cast.sandra, key=key)
    with pytest.raises(Refused, match="another register"):
        save({cast.tyler: "/"}, by=cast.sandra, group=cast.eight_c, key=key)


def test_marks_that_say_so_already_are_not_written_again(cast, save):
    save(everyone(cast), by=cast.pat, at=OPEN)
    saved = save(everyone(cast), by=cast.pat, at=CLOSED, finish=True)
    assert saved.changed == ()
    assert not Amendment.objects.exists()
    assert Mark.objects.get(pupil=cast.callum).recorded_at == OPEN


def test_each_half_has_its_own_slash(cast, save, code_of):
    save({cast.callum: "\\"}, by=cast.pat, at=OPEN)
    save({cast.callum: "/"}, by=cast.pat, session=PM, at=AFTERNOON)
    assert (code_of(cast.callum), code_of(cast.callum, PM)) == ("/", "\\")
    assert save({cast.callum: "/"}, by=cast.pat, session=PM, at=AFTERNOON).changed == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("ZZ", "is not a code"),
        ("J", "ended on 18 Aug 2024"),
        ("C", "entered by the office"),
        ("Y4", "entered by the office"),
        (("N", 5), "belong to L or U"),
        (("L", 0), "from 1 to 360"),
        (("L", 361), "from 1 to 360"),
        (("I", None, "x" * 201), "at most 200 characters"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_and_nothing_is_saved(cast, save, entry, words):
    with pytest.raises(EntriesRefused, match=words) as refusal:
        save({cast.amina: "/", cast.callum: entry}, by=cast.pat, at=OPEN)
    assert list(refusal.value.by_pupil) == [cast.callum.pk]
    assert "Ashworth, Callum: " in str(refusal.value)
    assert not Mark.objects.exists()


def test_a_blank_writes_nothing_and_takes_nothing_away(cast, save, code_of):
    assert save({cast.callum: ""}, by=cast.pat, at=OPEN).changed == ()
    assert not Mark.objects.exists()
    save({cast.callum: "N"}, by=cast.pat, at=OPEN)
    with pytest.raises(EntriesRefused, match="No code was given"):
        save({cast.callum: ""}, by=cast.pat, at=OPEN)
    assert code_of(cast.callum) == "N"


def test_the_office_may_enter_its_own_codes(cast, save, code_of):
    save({cast.callum: "c1", cast.amina: "Y4"}, by=cast.sandra)
    assert (code_of(cast.callum), code_of(cast.amina)) == ("C1", "Y4")


def test_age_decides_about_x_and_c2(cast, save):
    with pytest.raises(Refused, match="not of compulsory school age"):
        save({cast.callum: "X"}, by=cast.sandra)
    cast.callum.date_of_birth = date(2009, 1, 1)
    cast.callum.save()
    with pytest.raises(Refused, match="only for a pupil of compulsory"):
        save({cast.callum: "C2"}, by=cast.sandra)
    assert save({cast.callum: "X"}, by=cast.sandra).counts["not_possible"] == 1


def test_a_pupil_of_another_group_or_school_is_refused(cast, save):
    for stranger in (cast.tyler, cast.canary):
        with pytest.raises(Refused, match="1 pupil is not in 9A on Mon 23 Nov 2026"):
            save({cast.callum: "/", stranger: "/"}, by=cast.sandra)
    assert not Mark.objects.exists()


def test_a_pupil_twice_is_refused(cast):
    with pytest.raises(Refused, match="twice"):
        save_marks(
            school=cast.thornbridge,
            tutor_group=cast.nine_a,
            session=AM,
            key=uuid4(),
            finish=False,
            entries=[Entry(cast.callum.pk, "/"), Entry(cast.callum.pk, "N")],
            by=cast.pat,
            at=OPEN,
        )


def test_late_after_the_register_closed_is_u_unless_the_office_says_otherwise(cast, save, code_of):
    save({cast.callum: "L"}, by=cast.pat, at=OPEN)
    saved = save({cast.amina: "L", cast.freya: ("L", 6)}, by=cast.pat, at=CLOSED)
    assert [code_of(pupil) for pupil in (cast.callum, cast.amina, cast.freya)] == ["L", "U", "L"]
    words = "The register closed at 09:10: arrived after it, so U, unless M, I or another code fits better."
    assert saved.notes == {cast.amina.pk: words}
    save({cast.tyler: ("L", 45), cast.ikra: "L"}, by=cast.hal, group=cast.eight_c, at=OPEN)
    assert (code_of(cast.tyler), code_of(cast.ikra)) == ("U", "L")
    save({cast.amina: ("L", 12)}, by=cast.sandra, at=CLOSED)
    assert code_of(cast.amina) == "L"
    save({cast.callum: "L"}, by=cast.pat, at=CLOSED)
    assert code_of(cast.callum) == "L"


def test_an_l_of_the_office_without_minutes_stands_and_is_asked_about(cast, save, code_of):
    saved = save({cast.callum: "L", cast.amina: ("L", 6)}, by=cast.sandra, at=CLOSED)
    assert (code_of(cast.callum), code_of(cast.amina)) == ("L", "L")
    asked = "The register closed at 09:10: L says the pupil came before. If not, U or the minutes."
    assert saved.notes == {cast.callum.pk: asked}
    assert save({cast.freya: "L"}, by=cast.sandra, at=OPEN).notes == {}
    assert save({cast.freya: "L"}, by=cast.sandra, at=CLOSED + timedelta(days=1)).notes == {}


def test_late_entered_on_a_later_day_stays_late(cast, save, code_of):
    save({cast.callum: "L"}, by=cast.pat, at=CLOSED + timedelta(days=1))
    assert code_of(cast.callum) == "L"


def test_finishing_needs_every_pupil_marked(cast, save):
    with pytest.raises(Refused, match=r"2 pupils are not marked: Begum, Amina; Blackwood, Freya\."):
        save({cast.callum: "/"}, by=cast.pat, at=OPEN, finish=True)
    assert not Mark.objects.exists()
    save({cast.callum: "/", cast.amina: "/"}, by=cast.pat, at=OPEN)
    with pytest.raises(Refused, match="1 pupil is not marked: Blackwood, Freya"):
        save({}, by=cast.pat, at=OPEN, finish=True)


def test_two_editors_the_second_hears_who_changed_what(cast, save, code_of):
    save({cast.callum: "N"}, by=cast.pat, at=OPEN)
    save({cast.callum: "M"}, by=cast.sandra, at=CLOSED, was={cast.callum: "N"})
    with pytest.raises(Conflict) as conflict:
        save({cast.amina: "/", cast.callum: "/"}, by=cast.pat, at=CLOSED, was={cast.amina: "", cast.callum: "N"})
    (clash,) = conflict.value.details
    assert (clash.pupil_id, clash.name, clash.yours, clash.theirs) == (cast.callum.pk, "Ashworth, Callum", "/", "M")
    assert (clash.who, clash.at) == ("Mrs S. Pugh", CLOSED)
    assert (code_of(cast.callum), code_of(cast.amina)) == ("M", "")
    save({cast.callum: "/"}, by=cast.pat, at=CLOSED, was={cast.callum: "M"})
    assert code_of(cast.callum) == "/"


def test_two_editors_who_agree_do_not_clash(cast, save):
    save({cast.callum: "N"}, by=cast.pat, at=OPEN)
    assert save({cast.callum: "N"}, by=cast.sandra, at=OPEN, was={cast.callum: ""}).changed == ()


def test_a_teacher_does_not_overwrite_the_office(cast, save, code_of):
    record_mark(pupil=cast.callum, session=AM, code="D", by=cast.sandra, at=OPEN - timedelta(days=1))
    with pytest.raises(EntriesRefused, match=r"the office has entered D \(dual registered\)"):
        save({cast.callum: "/"}, by=cast.pat, at=OPEN)
    saved = save({**everyone(cast), cast.callum: "D"}, by=cast.pat, at=OPEN, finish=True)
    assert cast.callum.pk not in saved.changed
    assert code_of(cast.callum) == "D"
    save({cast.callum: "/"}, by=cast.sandra, at=CLOSED)
    assert code_of(cast.callum) == "/"


def test_a_planned_mark_gives_way_to_what_is_seen(cast, save):
    record_mark(pupil=cast.callum, session=AM, code="M", comment="Dentist", by=cast.sandra, at=OPEN - timedelta(days=1))
    assert Mark.objects.get().origin == "planned"
    save({cast.callum: "/"}, by=cast.pat, at=OPEN)
    mark = Mark.objects.get()
    assert (mark.code, mark.comment, mark.origin) == ("/", "", "register")
    amendment = Amendment.objects.get()
    assert (amendment.from_code, amendment.from_comment, amendment.by_id) == ("M", "Dentist", cast.pat.pk)


def test_a_comment_nobody_sent_stays_with_its_code(cast, save):
    save({cast.callum: ("I", None, "Mother rang 08:05")}, by=cast.sandra, at=OPEN)
    assert save({cast.callum: "I"}, by=cast.pat, at=OPEN).changed == ()
    assert Mark.objects.get().comment == "Mother rang 08:05"


def test_a_register_is_changed_while_it_is_taken_and_then_only_by_the_office(cast, save, code_of):
    save(everyone(cast), by=cast.pat, at=OPEN, finish=True)
    save({cast.callum: "N"}, by=cast.pat, at=OPEN)
    amendment = Amendment.objects.get()
    assert (amendment.from_code, amendment.to_code, amendment.reason) == ("/", "N", "Register saved again")
    assert (amendment.by_id, amendment.by_name, amendment.by_role) == (
        cast.pat.pk,
        "Mrs P. Hargreave",
        "Tutor of 9A",
    )
    with pytest.raises(EntriesRefused, match="the register is closed and says N"):
        save({cast.callum: "/"}, by=cast.pat, at=CLOSED)
    save({cast.callum: "/"}, by=cast.sandra, at=CLOSED)
    assert code_of(cast.callum) == "/"


def test_a_register_taken_late_is_corrected_while_it_is_taken(cast, save, code_of):
    save({cast.callum: "N"}, by=cast.pat, at=CLOSED)
    save({cast.callum: "/"}, by=cast.pat, at=CLOSED)
    assert code_of(cast.callum) == "/"
    with pytest.raises(Refused, match="closed"):
        save({cast.callum: "N"}, by=cast.pat, at=CLOSED + timedelta(days=1))


def test_whose_register_it_is_stands_beside_who_saved_it(cast, save):
    save({cast.callum: "/"}, by=cast.sandra, at=OPEN)
    assert Register.objects.get().taken_for == "Mrs P. Hargreave"
    save({cast.amina: "/"}, by=cast.pat, at=OPEN)
    assert Register.objects.get().taken_for == ""
    Cover.objects.create(school=cast.thornbridge, tutor_group=cast.nine_a, on=MONDAY, half="AM", user=cast.hal)
    save({cast.amina: "/"}, by=cast.sandra, at=OPEN)
    assert Register.objects.get().taken_for == "Mr H. Tranter"
    save({cast.amina: "/"}, by=cast.hal, at=OPEN)
    assert Register.objects.get().taken_for == ""


def test_each_save_is_one_line_of_the_trail(cast, save):
    save({cast.callum: "N", cast.amina: "/"}, by=cast.pat, at=OPEN)
    (line,) = TrailEntry.objects.all()
    assert (line.verb, line.by_name, line.words) == (
        "saved a register",
        "Mrs P. Hargreave",
        "9A, Mon 23 Nov 2026 AM: register saved, 2 marks written",
    )
    assert line.after[str(cast.callum.pk)] == "N"


@pytest.mark.django_db(transaction=True)
def test_saves_at_the_same_instant_wait_for_one_another(cast, save):
    key = uuid4()
    pupils = [cast.callum, cast.amina, cast.freya]

    def one(n):
        try:
            # The first four are one click sent again; the others write the same pupils in another order.
            marks = dict.fromkeys(pupils if n < 4 else reversed(pupils), "/" if n < 4 else "N")
            return save(marks, by=cast.sandra, at=OPEN, key=key if n < 4 else uuid4()).version
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as clicks:
        versions = list(clicks.map(one, range(8)))
    assert len(set(versions[:4])) == 1
    assert sorted({versions[0], *versions[4:]}) == [1, 2, 3, 4, 5]
    assert Register.objects.get().version == 5
    assert Mark.objects.count() == 3
    assert sum(WeekTotal.objects.values_list("present", flat=True)) in {0, 3}


def test_a_save_is_nine_statements(cast, save, django_assert_max_num_queries):
    assert cast.pat.standing.posts
    with django_assert_max_num_queries(9):  # two of them are the test's own savepoint
        save(everyone(cast), by=cast.pat, at=OPEN, finish=True)
