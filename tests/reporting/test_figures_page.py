"""The figures page: every rate with its sessions, small numbers kept from those who see no pupil."""

from uuid import uuid4

from registers.actions.attendance import Entry, save_marks
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING


def take(cast):
    entries = [
        Entry(pupil_id=cast.callum.pk, code="N"),
        Entry(pupil_id=cast.amina.pk, code="/"),
        Entry(pupil_id=cast.freya.pk, code="L", minutes_late=7),
    ]
    save_marks(
        school=cast.thornbridge,
        tutor_group=cast.nine_a,
        session=Session(MONDAY, "AM"),
        entries=entries,
        key=uuid4(),
        finish=True,
        by=cast.pat,
        at=MORNING,
    )


def test_a_rate_is_shown_with_its_sessions(cast, sign_in, at_morning):
    take(cast)
    text = sign_in(cast.sandra).get("/figures/", {"period": "week"}).content.decode()
    assert "66.7" in text
    assert "2 of 3 possible" in text


def test_a_governor_sees_no_small_number_and_no_name(cast, sign_in, at_morning):
    take(cast)
    text = sign_in(cast.gov).get("/figures/", {"period": "week"}).content.decode()
    assert "Fewer than 5 pupils have a mark in these days: the figures are suppressed." in text
    assert "66.7" not in text
    assert "Ashworth" not in text


def test_a_head_of_year_learns_of_no_few_pupils_of_another_year(term, sign_in, at_morning):
    """Two pupils are in year 8: the head of year 9 reaches none of them, and sees the school's figures all the same."""
    shown = sign_in(term.adeyemi).get("/figures/", {"period": "year"})
    rows = {year: gone["all"] for year, _, gone in shown.context["years"]}
    assert rows[8] is True
    assert "Why does it differ?" in shown.content.decode()
    seen = sign_in(term.sandra).get("/figures/", {"period": "year"})
    assert {year: gone["all"] for year, _, gone in seen.context["years"]}[8] is False


def test_the_share_beside_dfes_does_not_give_away_the_few_that_the_page_holds_back(cast, sign_in, at_morning):
    take(cast)
    persistent = sign_in(cast.gov).get("/figures/", {"period": "week"}).context["beside"]["rows"][-1]
    assert persistent[:2] == ["Persistently absent", "suppressed"]
    seen = sign_in(cast.sandra).get("/figures/", {"period": "week"}).context["beside"]["rows"][-1]
    assert seen[1] == "33.3 %"


def test_a_period_that_ends_before_it_begins_is_refused_in_words(cast, sign_in, at_morning):
    page = sign_in(cast.sandra).get("/figures/", {"from_on": "2026-11-20", "to_on": "2026-11-10"})
    assert "lies before the first" in page.content.decode()


def test_an_empty_period_says_so(cast, sign_in, at_morning):
    page = sign_in(cast.sandra).get("/figures/", {"period": "last_year"})
    assert "No mark of a possible session" in page.content.decode()


def test_the_school_stands_beside_dfes_figures_with_their_date_and_rule(cast, sign_in, at_morning, count_queries):
    take(cast)
    client = sign_in(cast.sandra)
    client.get("/figures/", {"period": "week"})
    with count_queries(17):
        text = client.get("/figures/", {"period": "week"}).content.decode()
    assert "England, secondary" in text
    assert "91.5 %" in text
    assert "published" in text
    assert "sessions over possible sessions" in text
    assert "It is of an earlier school year than these days." in text
