"""Monitoring visits: logged by the trust with the figures of the day, read by the school, and followed to their end."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from reporting.actions.visits import Said, agree_step, correct_visit, log_visit, settle_step
from reporting.models import Visit, VisitStep
from reporting.queries.visits import figures_of, last_visits, rate_of, visits
from tests.conftest import MONDAY, MORNING
from tests.factories.letters import attend

pytestmark = pytest.mark.django_db
LIST = reverse("reporting:visit_list")
SAID = Said(MONDAY, "Ms T. Stott", "Registers are closed in time. Letters of level 2 go late.", met="Ms L. Noor")


@pytest.fixture
def marked(cast):
    attend(cast.nine_a, by=cast.pat, absent={cast.callum: 2, cast.amina: 4})
    return cast


@pytest.fixture
def visit(marked):
    return log_visit(school=marked.thornbridge, said=SAID, by=marked.tess, at=MORNING)


def test_a_visit_keeps_the_figures_of_its_day(marked, visit):
    assert visit.figures == figures_of(marked.thornbridge, MONDAY, at=MORNING)
    assert visit.figures["attended"] == 54
    assert visit.figures["possible"] == 60
    assert visit.figures["persistent"] == 2
    assert rate_of(visit.figures).as_integer_ratio() == (9, 10)
    assert Entry.objects.get(verb="logged a visit").school_id == marked.thornbridge.pk


def test_only_the_trust_logs_and_nothing_half_said(marked):
    for by in (marked.laila, marked.sol, marked.gov):
        with pytest.raises(Refused, match="by its trust"):
            log_visit(school=marked.thornbridge, said=SAID, by=by, at=MORNING)
    with pytest.raises(Refused, match="by its trust"):  # Ridgeway is of no trust
        log_visit(school=marked.ridgeway, said=SAID, by=marked.tess, at=MORNING)
    for said, words in (
        (replace(SAID, visited_on=MONDAY + timedelta(days=1)), "not come yet"),
        (replace(SAID, visitors=" "), "who came"),
        (replace(SAID, found=" "), "what was found"),
    ):
        with pytest.raises(Refused, match=words):
            log_visit(school=marked.thornbridge, said=said, by=marked.tess, at=MORNING)
    assert not Visit.objects.exists()


def test_a_correction_says_why_and_keeps_what_stood(marked, visit):
    with pytest.raises(Refused, match="why"):
        correct_visit(visit=visit, said=SAID, why="", by=marked.tess, at=MORNING)
    with pytest.raises(Refused, match="Nothing is changed"):
        correct_visit(visit=visit, said=SAID, why="Slip", by=marked.tess, at=MORNING)
    figures = visit.figures
    said = replace(SAID, found="Letters of level 2 go in time.")
    kept = correct_visit(visit=visit, said=said, why="I read the wrong list", by=marked.tess, at=MORNING)
    assert (kept.found, kept.figures) == ("Letters of level 2 go in time.", figures)
    line = Entry.objects.get(verb="corrected a visit")
    assert (line.reason, line.before["found"]) == ("I read the wrong list", SAID.found)
    assert connection.introspection.table_names().count("reporting_visitevent") == 1
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM reporting_visit")


def test_what_was_agreed_is_settled_once_and_in_words(marked, visit):
    with pytest.raises(Refused, match="before the visit"):
        agree_step(
            visit=visit, words="Send letters on Mondays", due_on=MONDAY - timedelta(days=1), by=marked.tess, at=MORNING
        )
    step = agree_step(visit=visit, words="Send letters on Mondays", owner="Ms Noor", by=marked.tess, at=MORNING)
    for state, outcome, words in (("open", "x", "done or is let go"), ("done", " ", "how it was done")):
        with pytest.raises(Refused, match=words):
            settle_step(step=step, state=state, outcome=outcome, by=marked.laila, at=MORNING)
    settle_step(step=step, state="done", outcome="The rule runs each Monday now", by=marked.laila, at=MORNING)
    with pytest.raises(Refused, match="already"):
        settle_step(step=step, state="let_go", outcome="No", by=marked.sol, at=MORNING)
    assert VisitStep.objects.get().settled_by == marked.laila


def test_who_reads_which(marked, visit):
    agree_step(visit=visit, words="Send letters on Mondays", by=marked.tess, at=MORNING)
    for user in (marked.tess, marked.laila, marked.sol):
        assert [one.still_open for one in visits(user)] == [1]
    for user in (marked.sandra, marked.gov, marked.adeyemi, marked.olly):
        assert list(visits(user)) == []
    assert list(visits(marked.tess, school=marked.ridgeway.pk)) == []
    assert last_visits(marked.laila) == {marked.thornbridge.pk: MONDAY}


def test_the_trust_logs_and_the_school_settles_in_their_pages(marked, sign_in, at_morning, count_queries):
    tess = sign_in(marked.tess)
    assert "never" in tess.get(LIST).content.decode()
    log = reverse("reporting:visit_log")
    wrong = tess.post(log, {"visited_on": "2026-11-30", "visitors": "Ms T. Stott", "found": "All well"})
    assert wrong.status_code == 422
    assert "has not come yet" in wrong.content.decode()
    sent = tess.post(log, {"visited_on": "2026-11-23", "visitors": "Ms T. Stott", "found": "All well"}, follow=True)
    assert "At the visit" in sent.content.decode()
    visit = Visit.objects.get()
    page = reverse("reporting:visit_detail", args=[visit.pk])
    tess.post(reverse("reporting:visit_agree", args=[visit.pk]), {"words": "Look again in May", "due_on": "2027-05-04"})
    assert tess.post(reverse("reporting:visit_agree", args=[visit.pk]), {"words": ""}).status_code == 422
    laila = sign_in(marked.laila)
    with count_queries(30):
        shown = laila.get(page).content.decode()
    assert "Look again in May" in shown
    assert "90.0 %" in shown
    assert "Put down what was agreed" not in shown
    step = VisitStep.objects.get()
    laila.post(reverse("reporting:visit_settle", args=[step.pk]), {"state": "done", "outcome": "Dated in the calendar"})
    assert "Dated in the calendar" in laila.get(page).content.decode()
    assert "No visit is logged here" in laila.get(LIST, {"show": "open"}).content.decode()
    tess = sign_in(marked.tess)
    listed = tess.get(LIST).content.decode()
    assert "All 1 settled" in listed
    sheet = tess.post(reverse("reporting:visit_export", args=["csv"]), {"query": ""}).content.decode()
    assert "Look again in May" in sheet
    tess.post(
        reverse("reporting:visit_correct", args=[visit.pk]),
        {"visited_on": "2026-11-23", "visitors": "Ms T. Stott", "found": "All very well", "why": "A word was missing"},
    )
    assert "All very well" in tess.get(page).content.decode()
