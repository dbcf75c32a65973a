"""The illness monitor: what is counted, what stands out and is told once, and who may see it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from attendance_office import clock
from attendance_office.audit.models import Entry
from attendance_office.jobs.models import Job
from attendance_office.refusals import Refused
from interventions.actions.due import run_job
from letters.models import Message
from registers.models import AbsenceNote, Pupil
from registers.queries.calendar import calendar_of
from reporting.actions.distributions import subscribe
from reporting.models import ClusterDay, Report, Sending
from reporting.queries.illness import away, began_on, illnesses, newly, watch
from reporting.queries.illness_page import expected_words, illness_page
from reporting.queries.illness_table import illness_table
from reporting.rules.clusters import Seen
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll

TUESDAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def note(pupil, on, symptom="stomach", to=None, told="I", **fields):
    return AbsenceNote.objects.create(
        school=pupil.school, pupil=pupil, from_on=on, to_on=to or on, told_code=told,
        code=told, symptom=symptom, logged_at=AT, **fields,
    )  # fmt: skip


def run(cast, on=TUESDAY):
    return run_job(
        school=cast.thornbridge, job=Job.ILLNESS, on=on, by=None, at=datetime.combine(on, AT.timetz())
    )  # fmt: skip


def days_to(cast, on, many):
    return calendar_of(cast.thornbridge.pk).days(on - timedelta(days=90), on)[-many:]


@pytest.fixture
def known(cast):
    """A school in which on each of the last thirty school days somebody of 9A has a cold."""
    cast.more = put_on_roll(*((cast.nine_a, f"Pupil{n:02d}", "Sam", {}) for n in range(12)))
    cast.eights = put_on_roll(*((cast.eight_c, f"Eighth{n:02d}", "Jo", {}) for n in range(8)))
    for place, on in enumerate(days_to(cast, TUESDAY, 31)[:-1]):
        note(cast.more[place % 4], on, "cold")
    return cast


@pytest.fixture
def sick(known):
    """Four of 8C fall ill with the stomach on Tuesday, where nobody did in the weeks before."""
    for pupil in known.eights[:4]:
        note(pupil, TUESDAY)
    return known


def test_notes_that_follow_one_another_are_one_illness_that_began_on_the_first_day(cast):
    monday = TUESDAY - DAY
    note(cast.callum, TUESDAY - 4 * DAY, "")  # a Friday: not said what
    note(cast.callum, monday, "stomach")
    note(cast.amina, monday, "cold")
    note(cast.amina, TUESDAY + DAY, "cold")  # in school on Tuesday: ill twice
    note(cast.freya, TUESDAY, told="M")
    note(cast.freya, TUESDAY, state="withdrawn")
    days = days_to(cast, TUESDAY + DAY, 5)
    found = illnesses(cast.thornbridge, days)
    new = newly(found, set(days))
    assert new == {
        (TUESDAY - 4 * DAY, 9, "stomach"): 1, (monday, 9, "cold"): 1, (TUESDAY + DAY, 9, "cold"): 1,
    }  # fmt: skip
    assert away(found, days)[monday, 9, "stomach"] == 1


def test_an_illness_from_before_the_days_shown_is_away_and_not_new(cast):
    note(cast.callum, TUESDAY - 6 * DAY, to=TUESDAY)
    days = days_to(cast, TUESDAY, 2)
    found = illnesses(cast.thornbridge, days)
    assert newly(found, set(days)) == {}
    assert away(found, days) == {(days[0], 9, "stomach"): 1, (TUESDAY, 9, "stomach"): 1}


def test_who_falls_ill_at_the_weekend_is_newly_ill_on_monday(cast):
    note(cast.callum, TUESDAY - 3 * DAY, to=TUESDAY)
    assert newly(illnesses(cast.thornbridge, days_to(cast, TUESDAY, 5)), {TUESDAY - DAY}) == {
        (TUESDAY - DAY, 9, "stomach"): 1
    }


def test_four_of_one_year_stand_out_in_the_year_and_in_the_school(sick):
    found = watch(sick.thornbridge, TUESDAY)
    assert {(one.year_group, one.kind) for one in found.clusters} == {(8, "stomach"), (None, "stomach")}
    assert found.tests == (2 + 1) * 8 * 2
    one = next(one for one in found.clusters if one.year_group == 8)
    assert (one.seen.new, one.seen.new_before, one.seen.weight) == (4, 0, 1)


def test_a_school_that_has_just_begun_to_log_illness_is_told_that_nothing_is_known(cast):
    for pupil in (cast.callum, cast.amina, cast.freya, cast.tyler):
        note(pupil, TUESDAY)
    done = run(cast)
    assert "too few to compare" in done.words
    assert ClusterDay.objects.count() == 0
    assert Sending.objects.count() == 0


def test_the_head_and_the_year_concerned_are_told_and_no_other_year(sick):
    done = run(sick)
    told = {one.user for one in Sending.objects.filter(report=Report.ILLNESS).select_related("user")}
    assert told == {sick.sol, sick.laila, sick.nine}
    assert done.did["new"] == 2
    assert Entry.objects.filter(verb="found illness going round").count() == 1
    mails = Message.objects.filter(kind=Message.Kind.REPORT)
    assert {one.subject for one in mails} == {
        "Whole school: more illness than before, Tue 24 Nov 2026", "Year 8: more illness than before, Tue 24 Nov 2026",
    }  # fmt: skip
    assert not any("tomach" in one.body + one.html for one in mails)


def test_a_cluster_that_goes_on_is_not_told_again_and_one_that_comes_back_is(sick):
    run(sick)
    for pupil in sick.eights[4:]:
        note(pupil, TUESDAY + DAY)
    done = run(sick, TUESDAY + DAY)
    assert done.did == {"clusters": 2, "new": 0, "sent": 0}
    assert Sending.objects.filter(on=TUESDAY + DAY).count() == 0
    assert began_on(sick.thornbridge, TUESDAY + 2 * DAY) == {(8, "stomach"): TUESDAY, (None, "stomach"): TUESDAY}
    assert began_on(sick.thornbridge, TUESDAY + timedelta(days=14)) == {}


def test_asked_twice_of_a_day_it_tells_once(sick):
    run(sick)
    run(sick)
    assert Sending.objects.count() == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        ClusterDay.objects.update(new=1)


def test_a_day_on_which_nothing_stands_out_tells_nobody(known):
    done = run(known)
    assert done.words == "0 clusters, none new: nobody is told."
    assert Sending.objects.count() == 0


def test_the_report_names_no_pupil_and_says_that_it_is_a_count(sick):
    content = illness_page(sick.thornbridge, sick.sol, year_group=None, on=TUESDAY, at=AT).content
    assert "Eighth" not in str(content)
    assert content["headline"][1] == (
        "Year 8, stomach (sickness, diarrhoea): 4 pupils newly ill on Tue 24 Nov 2026; none in the 20 school days before."
    )
    assert "not a diagnosis" in str(content["headline"])
    today = next(one for one in content["parts"] if one["key"] == "today")
    assert today["rows"] == [["Year 8: Stomach (sickness, diarrhoea)", "4", "4"]]


def test_a_head_of_year_sees_her_own_year_alone(sick, sign_in, at_morning):
    run(sick)
    page = sign_in(sick.adeyemi).get(reverse("reporting:illness"), {"to": "2026-11-24"}).content.decode()
    assert "Year 9: Cold" in page
    assert "Year 8" not in page
    assert ClusterDay.objects.visible_to(sick.adeyemi).count() == 0
    assert ClusterDay.objects.visible_to(sick.nine).count() == 1


def test_who_may_not_see_reasons_sees_no_illness(sick, sign_in, at_morning):
    run(sick)
    client = sign_in(sick.max)
    assert client.get(reverse("reporting:illness")).status_code == 403
    sent = Sending.objects.get(user=sick.sol)
    assert client.get(reverse("reporting:sent_detail", args=[sent.pk])).status_code == 404
    page = client.get(reverse("reporting:distributions")).content.decode()
    assert reverse("reporting:sent_detail", args=[sent.pk]) not in page
    assert "Not yours to read" in page
    with pytest.raises(Refused, match="may not see"):
        subscribe(
            school=sick.thornbridge, user=sick.max, report=Report.ILLNESS, year_group=None, by_mail=True,
            by=sick.laila, at=AT,
        )  # fmt: skip


def test_the_table_counts_by_year_kind_and_day_and_goes_out_as_a_file(sick, sign_in, at_morning, count_queries):
    note(sick.callum, TUESDAY - DAY, "cold", to=TUESDAY)
    client = sign_in(sick.sandra)
    with count_queries(16):
        page = client.get(reverse("reporting:illness"), {"count": "away", "year": "9"}).content.decode()
    assert "Year 9: Cold, cough, sore throat" in page
    assert "Callum" not in page
    file = client.post(reverse("reporting:illness_export", args=["csv"]), {"query": "count=away&year=9"})
    assert "2026-11-23" in b"".join(file).decode("utf-8-sig")
    assert Entry.objects.get(verb="list exported").words.startswith("Illness by year and day exported as CSV")


def test_another_schools_illness_is_not_counted(known):
    note(known.canary, TUESDAY)
    assert (TUESDAY, 9, "stomach") not in newly(illnesses(known.thornbridge, [TUESDAY]), {TUESDAY})


# ---------- the table: what stands out first, the rest folded ----------
def table(cast, on=TUESDAY, year=None):
    calendar = calendar_of(cast.thornbridge.pk)
    days = days_to(cast, on, 10)
    pupils = Pupil.objects.filter(school=cast.thornbridge)
    counted = newly(
        illnesses(cast.thornbridge, days, pupils if year is None else pupils.filter(year_group=year)), set(days)
    )
    return illness_table(counted, ClusterDay.objects.filter(on__in=days), days, calendar)


@pytest.fixture
def creeping(known):
    """Three of 8C fall ill with the stomach on Monday, none on Tuesday, three on Wednesday: together they stand out."""
    for pupil, on in zip(known.eights, (*[MONDAY] * 3, *[TUESDAY + DAY] * 3), strict=False):
        note(pupil, on)
    note(known.more[5], TUESDAY, "cold")
    run(known, TUESDAY + DAY)
    return known


def test_what_stands_out_comes_first_then_all_years_and_the_quiet_lines_are_folded(sick):
    run(sick)
    found = table(sick)
    assert found.shown[0].name == "Year 8: Stomach (sickness, diarrhoea)"
    assert found.shown[0].spans == ("Tue 24 Nov",)
    assert [row.year_group for row in found.shown[1:]] == [None] * len(found.shown[1:])
    assert [row.name for row in found.quiet] == ["Year 9: Cold, cough, sore throat"]
    assert found.sums[-1] == (TUESDAY, 4)


def test_a_day_on_which_nobody_fell_ill_stands_out_together_with_its_days_and_never_by_itself(creeping):
    assert ClusterDay.objects.filter(year_group=8).get().look == 5
    row = table(creeping, TUESDAY + DAY).shown[0]
    assert row.spans == ("Thu 19 Nov to Wed 25 Nov, together",)
    assert (TUESDAY, 0, True) in row.cells
    assert not [on for on, number, is_outside in table(creeping, TUESDAY + DAY).shown[-1].cells if is_outside]


def test_the_days_of_a_cluster_that_goes_on_are_one_span(creeping):
    note(creeping.eights[6], TUESDAY + 2 * DAY)
    run(creeping, TUESDAY + 2 * DAY)
    assert ClusterDay.objects.filter(year_group=8).count() == 2
    assert table(creeping, TUESDAY + 2 * DAY).shown[0].spans == ("Thu 19 Nov to Thu 26 Nov, together",)


def test_of_one_year_every_line_is_shown_and_none_is_folded(sick):
    run(sick)
    found = table(sick, year=8)
    assert [row.name for row in found.shown] == ["Year 8: Stomach (sickness, diarrhoea)"]
    assert found.quiet == ()


@pytest.mark.parametrize(
    ("before", "words"),
    [(0, "none before"), (1, "under 0.1"), (8, "0.4")],
)
def test_what_is_usual_is_said_in_words_where_there_was_none_or_next_to_none(before, words):
    weight = 28 if before != 8 else 20
    assert expected_words(Seen(3, 3, 1, before, weight)) == words


def test_the_page_tells_the_cluster_above_the_table(sick, sign_in, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    run(sick)
    page = sign_in(sick.laila).get(reverse("reporting:illness"), {"to": "2026-11-24"}).content.decode()
    assert page.index("none before") < page.index("Day by day")
    assert "more line" in page
