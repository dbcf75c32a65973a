"""Closures: what they write and overwrite, what stays, known before the register, and taken back whole."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.due import run_due
from registers.actions.agreements import Terms, make_agreement
from registers.actions.amendments import amend_mark
from registers.actions.calendar import add_closure, remove_closure
from registers.actions.closures import plan_closure, take_back_closure
from registers.actions.coding import Wanted, code_sessions
from registers.actions.known import write_known_codes
from registers.models import Amendment, Closure, Mark, NonSchoolDay, TakenBackMark
from registers.queries.calendar import calendar_of
from registers.queries.closures import look_at
from registers.queries.doubt_search import search
from registers.queries.registers import registers_of
from registers.rules.closures import Plan
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")
TUESDAY = MONDAY + timedelta(days=1)


def planned(**other):
    said = {"code": "Y4", "name": "Boiler", "from_on": MONDAY, "to_on": MONDAY}
    return Plan(**(said | other))


def close(cast, *, at=MORNING, **other):
    return plan_closure(school=cast.thornbridge, plan=planned(**other), by=cast.sandra, at=at)


def mark(cast, pupil, code, session=AM, comment=""):
    code_sessions(
        school=cast.thornbridge, wanted=[Wanted(pupil.pk, session, code, comment=comment)], over=None, reason="For the test",
        verb="coded", words="test", by=cast.sandra, at=MORNING,
    )  # fmt: skip


def dual(cast, pupil, code="D", kind="dual"):
    terms = Terms(
        kind=kind, code=code, name="Hope Valley", from_on=MONDAY, to_on=TUESDAY, weekly="1" * 10, agreed_on=MONDAY,
        agreed_by="Dr Abara", place="Hope Valley College", nature="Bricklaying",
    )  # fmt: skip
    return make_agreement(school=cast.thornbridge, pupils=[pupil], terms=terms, by=cast.sandra, at=MORNING)


def said(session=AM):
    return {
        m.pupil.known_as or m.pupil.legal_forename: m.code
        for m in Mark.objects.filter(on=session.on, half=session.half)
    }


# ---------- planning ----------


def test_the_whole_school_closed_today_is_written_and_stands_in_the_calendar(cast):
    mark(cast, cast.callum, "I")
    mark(cast, cast.freya, "N")
    row, coded = close(cast)
    assert said() == dict.fromkeys(("Callum", "Amina", "Freya", "Tyler", "Ikra"), "Y4")
    assert (len(coded.written), sorted(was for _, was in coded.amended)) == (8, ["I", "N"])
    assert not calendar_of(cast.thornbridge.pk).is_school_day(MONDAY)
    assert [(day.on, day.half, day.kind) for day in row.days.all()] == [(MONDAY, "", "closure")]
    line = Entry.objects.get(verb="planned a closure")
    assert (line.words, line.after["coded"]) == ("Boiler (Y4): Mon 23 Nov 2026, whole school", 10)
    assert Amendment.objects.get(from_code="I").reason == "Closure: Boiler"
    assert not [one.ground for one in search(cast.thornbridge.pk, MONDAY, MONDAY)], "the trawl finds nothing wrong"


def test_present_marks_keep_the_school_open_unless_nobody_came(cast):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING)
    with pytest.raises(Refused, match="3 marks say that a pupil came in those sessions, so the school was open"):
        close(cast)
    assert not Closure.objects.exists()
    close(cast, half="PM")
    assert set(said(PM).values()) == {"Y4"}
    close(cast, nobody_came=True, half="AM")
    assert set(said(AM).values()) == {"Y4"}


def test_d_and_provision_elsewhere_are_protected_and_the_preview_says_why(cast):
    dual(cast, cast.callum)
    mark(cast, cast.amina, "B", comment="Peak FE college")
    look = look_at(cast.thornbridge, planned(half="AM"), MONDAY)
    assert {(one.code, one.why) for one in look.staying} == {
        ("D", "at the other school, whose session it is"),
        ("B", "taught elsewhere"),
    }
    assert (len(look.new), len(look.over), look.pupils) == (3, 0, 5)
    close(cast, half="AM")
    assert said() == {"Callum": "D", "Amina": "B", "Freya": "Y4", "Tyler": "Y4", "Ikra": "Y4"}


def test_a_year_or_a_form_is_closed_with_y3_and_the_school_stays_open(cast):
    mark(cast, cast.ikra, "N")
    mark(cast, cast.callum, "M")
    _, coded = close(cast, code="Y3", year_groups=(9,), half="AM")
    assert said() == {"Callum": "Y3", "Amina": "Y3", "Freya": "Y3", "Ikra": "N"}
    assert coded.done == 3
    assert calendar_of(cast.thornbridge.pk).has_session(AM)
    assert not NonSchoolDay.objects.filter(on=MONDAY).exists()
    with pytest.raises(Refused, match="stands for the same pupils already"):
        close(cast, code="Y3", year_groups=(9,), half="AM")


def test_a_bus_that_did_not_run_takes_n_alone_and_a_reason_stays(cast):
    mark(cast, cast.callum, "N")
    mark(cast, cast.amina, "I")
    close(cast, code="Y1", tutor_groups=(cast.nine_a.pk,), half="AM", name="562 bus")
    assert said() == {"Callum": "Y1", "Amina": "I", "Freya": "Y1"}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"from_on": date(2026, 11, 28), "to_on": date(2026, 11, 29)}, "The school does not meet then"),
        ({"code": "Y3", "year_groups": (12,)}, "no year 12"),
        ({"code": "Y3", "tutor_groups": (0,)}, "not of this school"),
    ],
)
def test_what_cannot_be_closed_leaves_nothing_behind(cast, other, words):
    with pytest.raises(Refused, match=words):
        close(cast, **other)
    assert not Closure.objects.exists()
    assert not Mark.objects.exists()


def test_a_form_of_another_school_is_refused(cast):
    with pytest.raises(Refused, match="not of this school"):
        close(cast, code="Y3", tutor_groups=(cast.ridgeway_nine_a.pk,))


def test_the_administrator_closes_days_and_enters_no_office_code(cast):
    with pytest.raises(Refused, match="entered by the office"):
        plan_closure(school=cast.thornbridge, plan=planned(), by=cast.ada, at=MORNING)
    assert not Closure.objects.exists()


def test_a_y_code_of_2024_is_not_in_force_before_it(cast):
    day = date(2024, 7, 10)
    cast.thornbridge.terms.create(school_year="2023/24", name="Summer", starts_on=day, ends_on=day)
    with pytest.raises(Refused, match=r"Wed 10 Jul 2024: Y4 began on .* use Y"):
        close(cast, from_on=day, to_on=day)


# ---------- known beforehand ----------


def test_a_closure_to_come_is_written_in_its_day_and_no_sooner(cast, at_morning):
    close(cast, code="#", name="Polling day", from_on=TUESDAY, to_on=TUESDAY)
    assert not Mark.objects.exists()
    assert not calendar_of(cast.thornbridge.pk).is_school_day(TUESDAY)
    run_due(at=datetime(2026, 11, 24, 7, 5, tzinfo=UTC))
    assert {(m.on, m.code, m.origin) for m in Mark.objects.filter(school=cast.thornbridge)} == {
        (TUESDAY, "#", "planned")
    }
    assert Mark.objects.count() == 10


def test_a_register_taken_later_has_the_code_and_a_form_that_is_shut_owes_none(cast):
    close(cast, code="Y3", name="Flood", year_groups=(9,), from_on=TUESDAY, to_on=TUESDAY)
    dawn, am = datetime(2026, 11, 24, 7, 0, tzinfo=UTC), Session(TUESDAY, "AM")
    assert write_known_codes(school=cast.thornbridge, sessions=[am], by=None, at=dawn) == 3
    assert write_known_codes(school=cast.thornbridge, sessions=[am], by=None, at=dawn) == 0
    owed = {line.tutor_group.name: line.is_owed for line in registers_of(cast.thornbridge, am)}
    assert owed == {"9A": False, "8C": True}


def test_provision_elsewhere_goes_on_in_a_closed_school_and_illness_does_not_hide_it(cast):
    dual(cast, cast.callum, code="B", kind="provision")
    close(cast, code="#", name="Polling day", from_on=TUESDAY, to_on=TUESDAY)
    run_due(at=datetime(2026, 11, 24, 7, 5, tzinfo=UTC))
    assert said(Session(TUESDAY, "AM"))["Callum"] == "B"
    assert said(Session(TUESDAY, "AM"))["Amina"] == "#"


# ---------- taking back ----------


def test_taken_back_what_it_wrote_goes_and_what_it_overwrote_says_again_what_it_said(cast):
    mark(cast, cast.callum, "I", comment="Sick bug")
    row, _ = close(cast, half="AM")
    amend_mark(
        mark=Mark.objects.get(pupil=cast.freya), code="C", minutes_late=None, comment="", reason="At a funeral",
        by=cast.sandra, at=MORNING + timedelta(hours=1),
    )  # fmt: skip
    gone, restored = take_back_closure(
        closure=row, reason="Heating came on", by=cast.laila, at=MORNING + timedelta(days=2)
    )
    assert (gone, restored) == (3, 1)
    assert said() == {"Callum": "I", "Freya": "C"}, "a mark amended since stays"
    assert Mark.objects.get(pupil=cast.callum).comment == "Sick bug"
    assert {(one.taken_with, one.reason) for one in TakenBackMark.objects.all()} == {
        (f"closure:{row.pk}", "Heating came on")
    }
    row.refresh_from_db()
    assert (row.is_standing, row.taken_back_by, row.why_taken_back) == (False, cast.laila, "Heating came on")
    assert calendar_of(cast.thornbridge.pk).has_session(AM)
    with pytest.raises(Refused, match="taken back already"):
        take_back_closure(closure=row, reason="Again", by=cast.laila, at=MORNING)


def test_open_again_early_keeps_the_days_before(cast):
    row, _ = close(cast, to_on=date(2026, 11, 25))
    wednesday = datetime(2026, 11, 25, 7, 5, tzinfo=UTC)
    run_due(at=wednesday)
    with pytest.raises(Refused, match="Choose a day from"):
        take_back_closure(closure=row, from_on=date(2026, 11, 26), reason="Open", by=cast.sandra, at=wednesday)
    gone, restored = take_back_closure(
        closure=row, from_on=date(2026, 11, 25), reason="Mended", by=cast.sandra, at=wednesday
    )
    row.refresh_from_db()
    assert (gone, restored, row.is_standing, row.to_on) == (10, 0, True, TUESDAY)
    assert calendar_of(cast.thornbridge.pk).is_school_day(date(2026, 11, 25))
    assert not calendar_of(cast.thornbridge.pk).is_school_day(TUESDAY)
    assert Mark.objects.filter(on=MONDAY).count() == 10


def test_it_is_not_taken_back_without_a_reason_nor_from_the_calendar(cast):
    row, _ = close(cast)
    with pytest.raises(Refused, match="Say why"):
        take_back_closure(closure=row, reason=" ", by=cast.sandra, at=MORNING)
    with pytest.raises(Refused, match="on the closure's own page"):
        remove_closure(school=cast.thornbridge, closure=row.days.get(), by=cast.sandra, at=MORNING)
    assert calendar_of(cast.thornbridge.pk).is_school_day(MONDAY) is False


def test_a_note_known_of_an_open_again_session_is_written(cast):
    row, _ = close(cast)
    dual(cast, cast.callum)
    take_back_closure(closure=row, reason="Open", by=cast.sandra, at=MORNING)
    assert said() == {"Callum": "D"}


# ---------- pages ----------

ASKED = {"code": "Y4", "name": "Boiler", "from_on": "2026-11-23", "to_on": "", "half": "AM"}


def test_the_page_shows_what_it_overwrites_before_it_saves(cast, sign_in, at_morning, count_queries):
    mark(cast, cast.callum, "I")
    dual(cast, cast.amina)
    client, path = sign_in(cast.sandra), reverse("registers:closure_plan")
    with count_queries(25):
        page = client.post(path, ASKED).content.decode()
    assert "Boiler writes Y4" in page
    assert "Ashworth, Callum" in page
    assert "Stays: at the other school, whose session it is" in page
    assert not Closure.objects.exists()
    assert 'value="Boiler"' in client.post(path, ASKED | {"again": "1"}).content.decode()
    answer = client.post(path, ASKED | {"save": "1"}, follow=True)
    row = Closure.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("registers:closure_detail", args=[row.pk])
    assert "Boiler closed: 4 marks" in answer.content.decode()
    shown = client.get(reverse("registers:calendar")).content.decode()
    assert reverse("registers:closure_detail", args=[row.pk]) in shown


def test_a_refusal_stands_in_the_form_with_what_was_typed(cast, sign_in, at_morning):
    answer = sign_in(cast.sandra).post(reverse("registers:closure_plan"), ASKED | {"code": "Y3"})
    assert answer.status_code == 422
    assert "choose Y4" in answer.content.decode()
    assert 'value="Boiler"' in answer.content.decode()


def test_its_page_takes_it_back_and_tells_its_history(cast, sign_in, at_morning):
    row, _ = close(cast, to_on=TUESDAY)
    client = sign_in(cast.sandra)
    path = reverse("registers:closure_take_back", args=[row.pk])
    assert client.post(path, {"from_on": "2026-11-23", "reason": ""}).status_code == 422
    assert client.post(path, {"from_on": "2026-12-01", "reason": "x"}).status_code == 422
    client.post(path, {"from_on": "2026-11-24", "reason": "Mended overnight"})
    page = client.get(reverse("registers:closure_detail", args=[row.pk])).content.decode()
    assert "Opened again early; it ran to Tue 24 Nov 2026" in page
    assert "Mended overnight" in page
    client.post(path, {"from_on": "2026-11-23", "reason": "Wrong school"})
    page = client.get(reverse("registers:closure_detail", args=[row.pk])).content.decode()
    assert "Wrong school" in page
    assert "Take it back" not in page


def test_the_list_tells_states_and_goes_out_as_a_file(cast, sign_in, at_morning, count_queries):
    close(cast, code="Y3", year_groups=(9,), name="=cmd()")
    close(cast, code="#", name="Polling day", from_on=TUESDAY, to_on=TUESDAY)
    client = sign_in(cast.sandra)
    with count_queries(15):
        page = client.get(reverse("registers:closure_list")).content.decode()
    assert "Closures, 2" in page
    assert "Year 9" in page
    sent = client.post(reverse("registers:closure_export", args=["csv"]), {"query": "show=standing"}).content.decode()
    assert "'=cmd()" in sent
    assert "Polling day" not in sent
    assert sign_in(cast.olly).get(reverse("registers:closure_list")).content.decode().count("Polling day") == 0


def test_the_calendar_leads_to_closures_and_adds_none_itself(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    page = client.get(reverse("registers:calendar")).content.decode()
    assert reverse("registers:closure_plan") in page
    answer = client.post(reverse("registers:closure_add"), {"from_on": "2026-11-25", "kind": "closure", "name": "Snow"})
    assert "Select a valid choice" in answer.content.decode()
    add_closure(
        school=cast.thornbridge,
        from_on=TUESDAY,
        to_on=TUESDAY,
        kind=NonSchoolDay.Kind.INSET,
        by=cast.sandra,
        at=MORNING,
    )
    with pytest.raises(Refused, match="closed already"):
        close(cast, from_on=TUESDAY, to_on=TUESDAY)
