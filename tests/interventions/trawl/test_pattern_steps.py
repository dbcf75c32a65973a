"""What is done about a pattern: put on record, brought back on its day, struck when wrong, read by who may."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.pattern_steps import record_step, strike_step
from interventions.models import PatternFlag, PatternStep
from interventions.queries.pattern_steps import followed, identity, to_follow
from registers.models import Parent
from tests.conftest import MONDAY, MORNING

LIST = reverse("interventions:pattern_list")
SAID = "Dad works late on Thursdays. He will drive Callum in."


@pytest.fixture
def flag(patterned):
    return PatternFlag.objects.select_related("trawl").get(pupil=patterned.callum)


@pytest.fixture
def mother(patterned):
    return Parent.objects.filter(pupil=patterned.callum).order_by("priority").first().contact


def put(flag, by, **said):
    fields = {"kind": "rang", "words": SAID, "done_on": MONDAY, "at": MORNING} | said
    return record_step(flag=flag, by=by, **fields)


def test_a_call_is_put_on_record_with_whom_and_when_to_look_again(patterned, flag, mother):
    step = put(flag, patterned.adeyemi, contact=mother, look_again_on=MONDAY + timedelta(days=14))
    assert (step.contact, step.words, step.pupil_id) == (mother, SAID, patterned.callum.pk)
    line = Entry.objects.get(verb="did something about a pattern")
    assert line.words == "Friday afternoons: rang home"
    assert line.after["look_again_on"] == "2026-12-07"
    assert SAID not in str((line.words, line.after))  # what a family said stands with the step alone


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "sang"}, "Choose what was done"),
        ({"words": "  "}, "Write down what was said"),
        ({"done_on": MONDAY + timedelta(days=1)}, "has not come yet"),
        ({"done_on": date(2026, 7, 31)}, "before the school year"),
        ({"kind": "talked", "look_again_on": MONDAY}, "after today"),
        ({}, "with whom"),
    ],
)
def test_what_is_not_whole_is_refused_and_nothing_is_kept(patterned, flag, said, words):
    with pytest.raises(Refused, match=words):
        put(flag, patterned.adeyemi, **said)
    assert not PatternStep.objects.exists()


def test_nobody_of_another_home_and_nobody_who_is_not_to_be_contacted_is_taken(patterned, flag, mother):
    other = Parent.objects.exclude(pupil=patterned.callum).exclude(contact=mother).first().contact
    with pytest.raises(Refused, match="nobody of this pupil's home"):
        put(flag, patterned.adeyemi, contact=other)
    Parent.objects.filter(pupil=patterned.callum, contact=mother).update(do_not_contact=True)
    with pytest.raises(Refused, match="not to be contacted"):
        put(flag, patterned.adeyemi, contact=mother)


def test_a_step_is_never_changed_and_one_in_error_is_struck_once_and_stays(patterned, flag):
    step = put(flag, patterned.adeyemi, kind="talked")
    for statement in ("UPDATE interventions_patternstep SET words = ''", "DELETE FROM interventions_patternstep"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(Refused, match="why it is struck"):
        strike_step(step=step, why=" ", by=patterned.sandra, at=MORNING)
    strike_step(step=step, why="It was another Callum", by=patterned.sandra, at=MORNING)
    with pytest.raises(Refused, match="already"):
        strike_step(step=step, why="Again", by=patterned.sandra, at=MORNING)
    assert Entry.objects.get(verb="struck out a step about a pattern").reason == "It was another Callum"
    done = followed([flag])[identity(flag)]
    assert len(done.steps) == 1
    assert done.last is None


def test_a_pattern_stays_to_be_followed_up_until_something_stands_and_comes_back_on_its_day(patterned, flag):
    def open_on(on):
        return [row.pk for row in to_follow(patterned.thornbridge, patterned.adeyemi, on)]

    assert open_on(MONDAY) == [flag.pk]
    step = put(flag, patterned.adeyemi, kind="talked", look_again_on=MONDAY + timedelta(days=7))
    assert open_on(MONDAY) == []
    assert open_on(MONDAY + timedelta(days=6)) == []
    assert open_on(MONDAY + timedelta(days=7)) == [flag.pk]
    put(flag, patterned.adeyemi, kind="explained", at=MORNING + timedelta(minutes=5))
    assert open_on(MONDAY + timedelta(days=7)) == []
    strike_step(step=step, why="Wrong pupil", by=patterned.adeyemi, at=MORNING)
    assert open_on(MONDAY + timedelta(days=7)) == []
    assert list(to_follow(patterned.thornbridge, patterned.nine, MONDAY)) == []  # not of her year


def test_what_was_done_counts_for_the_same_pattern_in_a_later_run_and_for_no_other(patterned, flag):
    put(flag, patterned.adeyemi, kind="talked")
    later = PatternFlag.objects.get(pk=flag.pk)
    other = PatternFlag.objects.get(pk=flag.pk)
    later.trawl, later.pk = _another_run(flag.trawl), None
    later.save(force_insert=True)
    other.trawl, other.pk, other.kind = later.trawl, None, "tuesday"
    other.save(force_insert=True)
    done = followed([later, other])
    assert done[identity(later)].last.kind == "talked"
    assert identity(other) not in done
    assert [row.kind for row in to_follow(patterned.thornbridge, patterned.adeyemi, MONDAY)] == ["tuesday"]


def _another_run(trawl):
    made = type(trawl).objects.get(pk=trawl.pk)
    made.pk, made.on = None, MONDAY
    made.save(force_insert=True)
    return made


def test_the_head_of_year_puts_it_on_record_and_the_list_the_desk_and_the_file_show_it(
    patterned, flag, mother, sign_in, at_morning, count_queries
):
    client = sign_in(patterned.adeyemi)
    assert "Patterns to follow up" in client.get(reverse("reporting:desk")).content.decode()
    assert "Nothing yet" in client.get(LIST, {"done": "open"}).content.decode()
    page = reverse("interventions:pattern_detail", args=[flag.pk])
    assert "Nothing is on record yet" in client.get(page).content.decode()
    said = {"kind": "rang", "done_on": "2026-11-23", "contact": mother.pk, "words": SAID}
    sent = client.post(reverse("interventions:pattern_step", args=[flag.pk]), said | {"words": ""})
    assert sent.status_code == 422
    assert "What was said or found" in sent.content.decode()
    client.post(reverse("interventions:pattern_step", args=[flag.pk]), said | {"look_again_on": "2026-12-07"})
    with count_queries(18):
        shown = client.get(page).content.decode()
    assert str(mother) in shown
    assert SAID in shown
    assert "Look again Mon 7 Dec 2026" in shown
    assert "No pattern stands here" in client.get(LIST, {"done": "open"}).content.decode()
    listed = client.get(LIST, {"done": "some"}).content.decode()
    assert "Rang home Mon 23 Nov" in listed
    file = client.get(
        reverse("reporting:pupil_file", args=[patterned.callum.pk]), {"kinds": "patterns"}
    ).content.decode()
    assert "Rang home about a pattern: friday afternoons" in file
    assert SAID in file
    step = PatternStep.objects.get()
    client.post(reverse("interventions:pattern_strike", args=[step.pk]), {"why": "It was another Callum"})
    assert "Struck out: Rang home" in client.get(page).content.decode()
    sheet = client.post(reverse("interventions:pattern_export", args=["csv"]), {"query": ""}).content.decode()
    assert "Last done" in sheet


def test_who_does_not_ring_homes_reads_that_it_was_done_and_not_what_was_said(
    patterned, flag, mother, sign_in, at_morning
):
    put(flag, patterned.adeyemi, contact=mother)
    client = sign_in(patterned.sol)
    page = client.get(reverse("interventions:pattern_detail", args=[flag.pk])).content.decode()
    file = client.get(
        reverse("reporting:pupil_file", args=[patterned.callum.pk]), {"kinds": "patterns"}
    ).content.decode()
    for text in (page, file):
        assert "Rang home" in text
        assert SAID not in text
        assert str(mother) not in text
    assert "Put on record" not in page


def test_the_friday_page_names_new_patterns_once_and_what_was_done(patterned, flag):
    from reporting.queries.week_page import week_page

    def part(on, at):
        page = week_page(patterned.thornbridge, patterned.adeyemi, year_group=9, on=on, at=at)
        return next(one for one in page.content["parts"] if one["key"] == "patterns")

    friday = flag.trawl.on
    rows = part(friday, MORNING - timedelta(days=2))["rows"]
    assert [(row[1], row[3]) for row in rows] == [("Friday afternoons", "Nothing yet")]
    assert "Ashworth" in rows[0][0]
    later = PatternFlag.objects.get(pk=flag.pk)
    later.trawl, later.pk = _another_run(flag.trawl), None
    later.save(force_insert=True)
    assert part(date(2026, 11, 27), MORNING + timedelta(days=4))["rows"] == []
