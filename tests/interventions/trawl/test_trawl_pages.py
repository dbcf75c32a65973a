"""The pages of the trawl: movements first, the pupils behind each number, and nobody beyond a reader's reach."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.jobs.models import Run
from interventions.actions.trawl import run_trawl
from interventions.actions.trawl_asks import run_asked
from interventions.models import CaseProposal, Trawl, TrawlLine
from registers.models import Group, Membership
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll

from .conftest import FRIDAY, WEEK, attend

PATH = reverse("interventions:trawl")


@pytest.fixture
def two_runs(cast, at_morning):
    """Callum fell from 96 % to 89 %, Tyler stands severely absent, Amina never misses a session."""
    attend(cast.callum, absent=4, to_on=date(2026, 11, 12))
    attend(cast.callum, absent=8, from_on=date(2026, 11, 13), to_on=date(2026, 11, 19))
    attend(cast.tyler, absent=70)
    attend(cast.amina)
    attend(cast.canary, absent=90)
    for on in (FRIDAY - WEEK, FRIDAY):
        run_trawl(school=cast.thornbridge, on=on, by=None, at=datetime(on.year, on.month, on.day, 7, tzinfo=UTC))
    return cast


def test_the_latest_run_shows_what_moved_since_the_week_before_first(two_runs, sign_in):
    page = sign_in(two_runs.sandra).get(PATH).content.decode()
    assert "Persistent absence, 2 pupils" in page
    assert "Since Fri 13 Nov" in page
    assert "counted to Thu 19 Nov 2026" in page
    assert page.index("Now persistently absent: 90 % or less attended") < page.index("Bands by year group")
    assert "Ashworth, Callum" in page
    assert "Begum, Amina" not in page


def test_each_number_leads_to_its_pupils(two_runs, sign_in):
    client = sign_in(two_runs.sandra)
    moved = client.get(PATH, {"moved": "below_90"}).content.decode()
    assert "1 pupil<" in moved
    assert "fell to 90 %" in moved
    assert "Ashworth" in moved
    assert "Maddox" not in moved
    band = client.get(PATH, {"band": "50", "year": "8"}).content.decode()
    assert "Maddox, Tyler" in band
    assert "Ashworth, Callum" not in band
    assert "No pupil of this run fits" in client.get(PATH, {"band": "15"}).content.decode()
    assert "Begum, Amina" in client.get(PATH, {"band": "all", "q": "begum"}).content.decode()


def test_an_own_group_narrows_the_list(two_runs, sign_in):
    club = Group.objects.create(school=two_runs.thornbridge, name="Breakfast club")
    Membership.objects.create(school=two_runs.thornbridge, group=club, pupil=two_runs.callum, from_on=MONDAY)
    page = sign_in(two_runs.sandra).get(PATH, {"group": club.pk}).content.decode()
    assert "Ashworth, Callum" in page
    assert "Maddox, Tyler" not in page


def test_any_two_runs_are_compared_and_nonsense_is_the_latest(two_runs, sign_in):
    client = sign_in(two_runs.sandra)
    late, early = Trawl.objects.filter(school=two_runs.thornbridge).order_by("-on")
    back = client.get(PATH, {"run": early.pk, "since": late.pk, "moved": "any"}).content.decode()
    assert "rose above 90 %" in back
    other = run_trawl(school=two_runs.ridgeway, on=FRIDAY, by=None, at=MORNING).trawl
    page = client.get(PATH, {"run": other.pk, "since": "x", "band": "zz", "sort": "-zz", "page": "x"})
    assert page.status_code == 200
    assert "Zzyzx" not in page.content.decode()
    assert "Trawl of Fri 20 Nov 2026" in page.content.decode()


def test_a_head_of_year_sees_the_own_year_in_every_number(two_runs, sign_in):
    page = sign_in(two_runs.adeyemi).get(PATH, {"band": "all"}).content.decode()
    assert "Persistent absence, 1 pupil" in page
    assert "Ashworth, Callum" in page
    assert "Maddox" not in page
    assert "Year 8</th>" not in page
    narrowed = sign_in(two_runs.adeyemi).get(PATH, {"band": "all", "q": "maddox"}).content.decode()
    assert "Maddox, Tyler" not in narrowed


def test_the_list_is_sorted_and_turned(two_runs, sign_in):
    client = sign_in(two_runs.sandra)
    for sort in ("rate", "term", "weeks", "change", "broken", "missed", "name", "form"):
        for way in ("", "-"):
            page = client.get(PATH, {"sort": f"{way}{sort}", "band": "all"}).content.decode()
            assert f'aria-sort="{"descending" if way else "ascending"}"' in page
    up = client.get(PATH, {"sort": "name", "band": "all"}).content.decode()
    assert up.index("Ashworth, Callum") < up.index("Maddox, Tyler")
    down = client.get(PATH, {"sort": "-name", "band": "all"}).content.decode()
    assert down.index("Maddox, Tyler") < down.index("Ashworth, Callum")


def test_the_export_is_what_the_list_shows_with_exact_counts_and_is_on_the_trail(two_runs, sign_in):
    client = sign_in(two_runs.sandra)
    sent = client.post(reverse("interventions:trawl_export", args=["csv"]), {"query": "band=persistent"})
    text = sent.content.decode("utf-8-sig")
    assert text.count("\n") == 3
    assert '"Ashworth","Callum"' in text
    assert '"12","0","10 to under 15 %"' in text or '"0","12","0"' in text
    assert "fell to 95 %" in text
    assert "band: persistent" in str(Entry.objects.get(verb="list exported").after)
    assert client.post(reverse("interventions:trawl_export", args=["pdf"])).status_code == 404


def test_no_run_yet_one_under_way_and_one_that_failed_say_so(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    assert "No trawl has run yet" in client.get(PATH).content.decode()
    run = Run.objects.create(
        school=cast.thornbridge, job="absence_trawl", due_on=FRIDAY, due_at=MORNING, started_at=MORNING, state="running"
    )
    assert "A run is under way since 09:14" in client.get(PATH).content.decode()
    Run.objects.filter(pk=run.pk).update(state="failed", attempts=3, error="OperationalError: the run broke off.")
    page = client.get(PATH).content.decode()
    assert "failed after 3 attempts" in page
    assert "Trawl now makes one" in page


def test_trawl_now_leaves_a_row_that_waits_and_the_page_says_how_far_it_is(two_runs, sign_in):
    client = sign_in(two_runs.sandra)
    page = client.post(reverse("interventions:trawl_now"), follow=True).content.decode()
    assert "A trawl is in line: asked for by Mrs S. Pugh at 09:14" in page
    assert "Trawl now</button>" not in page
    assert Trawl.objects.filter(school=two_runs.thornbridge).count() == 2
    assert "is under way" in client.post(reverse("interventions:trawl_now"), follow=True).content.decode()
    progress = client.get(reverse("interventions:trawl_progress"))
    assert "in line" in progress.content.decode()
    assert "HX-Refresh" not in progress
    assert run_asked(at=MORNING) == 1
    assert client.get(reverse("interventions:trawl_progress"))["HX-Refresh"] == "true"
    page = client.get(PATH).content.decode()
    assert "5 pupils to Fri 20 Nov 2026" in page
    assert Trawl.objects.filter(school=two_runs.thornbridge).count() == 3
    again = client.post(reverse("interventions:trawl_now"), follow=True).content.decode()
    assert "was made at 09:14" in again


def test_the_pages_of_a_school_of_many_ask_no_more_than_those_of_a_few(two_runs, sign_in, count_queries):
    client = sign_in(two_runs.sandra)
    put_on_roll(*((two_runs.nine_a, f"Many{n:03d}", "Al", {}) for n in range(150)))
    run_trawl(school=two_runs.thornbridge, on=MONDAY, by=None, at=MORNING)
    paths = [
        (PATH, {"band": "all"}), (PATH, {"band": "all", "q": "many", "size": "all"}),
        (reverse("interventions:proposal_list"), {}), (reverse("interventions:pupil_absence", args=[two_runs.callum.pk]), {}),
    ]  # fmt: skip
    for path, asked in paths:
        client.get(path, asked)
        with count_queries(15):
            assert client.get(path, asked).status_code == 200


# ---------- proposals ----------


def test_proposals_are_worked_with_a_reason_and_undone(two_runs, sign_in):
    client = sign_in(two_runs.bea)
    path = reverse("interventions:proposal_list")
    page = client.get(path).content.decode()
    assert "Cases proposed, 2" in page
    assert page.index("Severely absent</span>") < page.index("Newly persistently absent</span>")
    callum = CaseProposal.objects.get(pupil=two_runs.callum)
    settle = reverse("interventions:proposal_settle")
    refused = client.post(settle, {"pick": [callum.pk], "act": "aside"}, follow=True).content.decode()
    assert "Say why they are put aside" in refused
    done = client.post(settle, {"pick": [callum.pk], "act": "aside", "why": "Broken leg"}, follow=True).content.decode()
    assert "1 proposal put aside" in done
    aside = client.get(path, {"state": "put_aside"}).content.decode()
    assert "Broken leg" in aside
    entry = Entry.objects.get(verb="put proposals aside")
    back = client.post(reverse("interventions:proposal_undo", args=[entry.pk]), follow=True).content.decode()
    assert "Taken back: 1 open again" in back
    taken = client.post(settle, {"all": "1", "act": "up", "query": "year=8"}, follow=True).content.decode()
    assert "1 proposal taken up" in taken
    assert CaseProposal.objects.get(pupil=two_runs.tyler).state == "taken_up"
    sent = client.post(reverse("interventions:proposal_export", args=["csv"]), {"query": ""})
    assert sent.status_code == 403
    sent = sign_in(two_runs.sandra).post(
        reverse("interventions:proposal_export", args=["csv"]), {"query": "state=taken_up"}
    )
    assert "Maddox, Tyler" in sent.content.decode()


def test_a_proposal_beyond_reach_is_not_settled(two_runs, sign_in):
    tyler = CaseProposal.objects.get(pupil=two_runs.tyler)
    client = sign_in(two_runs.adeyemi)
    assert "Maddox" not in client.get(reverse("interventions:proposal_list")).content.decode()
    page = client.post(reverse("interventions:proposal_settle"), {"pick": [tyler.pk], "act": "up"}, follow=True)
    assert "Nothing is selected that is still open" in page.content.decode()
    tyler.refresh_from_db()
    assert tyler.state == "proposed"
    who_reads_only = sign_in(two_runs.sol).get(reverse("interventions:proposal_list")).content.decode()
    assert "Take up" not in who_reads_only


def test_the_desk_leads_to_the_cases_proposed(two_runs, sign_in):
    page = sign_in(two_runs.sandra).get(reverse("reporting:desk")).content.decode()
    assert "Cases proposed" in page
    assert "Work on 2<span" in page
    assert "Cases proposed" not in sign_in(two_runs.sol).get(reverse("reporting:desk")).content.decode()


# ---------- one pupil ----------


def test_a_pupils_line_over_the_weeks_with_what_moved(two_runs, sign_in):
    client = sign_in(two_runs.adeyemi)
    path = reverse("interventions:pupil_absence", args=[two_runs.callum.pk])
    page = client.get(path).content.decode()
    assert "Fri 20 Nov" in page
    assert "fell to 90 %, fell to 95 %" in page
    assert '<svg class="chart"' in page
    part = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Absence, trawl by trawl" in part
    own = client.get(reverse("registers:pupil_detail", args=[two_runs.callum.pk])).content.decode()
    assert f'hx-get="{path}"' in own


def test_another_schools_pupil_is_not_there(two_runs, sign_in):
    path = reverse("interventions:pupil_absence", args=[two_runs.canary.pk])
    assert sign_in(two_runs.sandra).get(path).status_code == 404
    assert not TrawlLine.objects.filter(school=two_runs.thornbridge, pupil=two_runs.canary).exists()


def test_a_pupil_not_yet_counted_says_so(cast, sign_in, at_morning):
    page = sign_in(cast.sandra).get(reverse("interventions:pupil_absence", args=[cast.freya.pk])).content.decode()
    assert "No trawl has counted this pupil yet" in page


def test_runs_of_two_school_years_say_that_the_year_began_anew(two_runs, sign_in):
    attend(two_runs.callum, from_on=date(2025, 9, 3), to_on=date(2026, 7, 16))
    old = run_trawl(
        school=two_runs.thornbridge, on=date(2026, 7, 17), by=None, at=datetime(2026, 7, 17, 7, tzinfo=UTC)
    ).trawl
    page = sign_in(two_runs.sandra).get(PATH, {"since": old.pk}).content.decode()
    assert "two school years" in page
