"""Schools of a trust side by side: the same definitions, sums over sums, and the way into each by permission."""

from datetime import timedelta
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.staff.models import Post, School, Trust, User
from registers.queries.figures import school_counts
from registers.rules.sessions import Session
from reporting.queries.periods import Period, year_before
from reporting.queries.trust import trust_schools, trust_view
from reporting.queries.trust_groups import choices
from reporting.queries.trust_sheet import trust_sheet
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.marks import take
from tests.factories.staff import SchoolFactory

WEEK = Period("week", "This week", MONDAY, MONDAY)


@pytest.fixture
def two(cast):
    """Put Ridgeway into the trust; 9A of Thornbridge has 1 of 3 away, Ridgeway's only pupil is away."""
    School.objects.filter(pk=cast.ridgeway.pk).update(trust=cast.thornbridge.trust)
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=MORNING, codes={cast.callum.pk: "I"})
    take(cast.ridgeway_nine_a, Session(MONDAY, "AM"), by=cast.rita, at=MORNING, codes={cast.canary.pk: "N"})
    return cast


def fresh(user):
    return User.objects.get(pk=user.pk)


def seen(user, period=WEEK, *, beside=None, at=MORNING, group=""):
    """Give the view of a person, of all pupils or one group, beside the year before unless told otherwise."""
    person = fresh(user)
    groups = choices(person, trust_schools(person))
    choice = next((one for one in groups if one.key == group), None)
    assert bool(choice) == bool(group)
    others = [one for one in groups if choice and one.axis == choice.axis]
    return trust_view(person, period, beside or year_before(period), at=at, choice=choice, others=others)


def column(sheet, heading):
    return [one.heading for one in sheet.columns].index(heading)


def cells(sheet, heading):
    """Give one column of the table, the schools first, then phases and the trust."""
    at = column(sheet, heading)
    return [row.cells[at] for row in sheet.lines]


def test_each_school_has_the_figures_of_its_own_figures_page_and_the_trust_their_sum(two):
    view = seen(two.tess)
    assert [line.name for line in view.lines] == ["Ridgeway School", "Thornbridge Academy"]
    for line in view.lines:
        alone = school_counts(line.school.pk, MONDAY, MONDAY)
        assert (line.figures.tally, line.figures.pupils) == (alone.tally, alone.pupils)
        assert line.figures.persistently_absent == alone.persistently_absent
    assert view.whole.figures.tally.attendance_rate == Fraction(2, 4)  # not the mean of 2/3 and 0
    assert view.whole.figures.persistently_absent == 2


def test_a_school_without_a_mark_has_no_rate_and_changes_nothing(two):
    SchoolFactory(name="Alport School", trust=two.thornbridge.trust)
    sheet = trust_sheet(seen(two.tess))
    assert sheet.rows[0].cells[:5] == ("Alport School", "Secondary", 0, 0, "no rate")
    assert sheet.total.cells[4] == Fraction(2, 4)
    assert sheet.total.cells[0] == "All 3 schools"


def test_phases_have_a_line_of_their_own_where_there_are_several(two):
    School.objects.filter(pk=two.ridgeway.pk).update(phase="Primary")
    sheet = trust_sheet(seen(two.tess))
    assert [row.cells[0] for row in sheet.lines[:-1]] == [
        "Ridgeway School", "Thornbridge Academy", "Primary schools", "Secondary schools",
    ]  # fmt: skip
    assert [row.cells[4] for row in sheet.sums] == [0, Fraction(2, 3)]


def test_a_trustee_sees_the_figures_without_the_few(two):
    sheet = trust_sheet(seen(two.nell))
    persistent = [heading.heading for heading in sheet.columns].index("Persistent")
    assert {row.cells[persistent] for row in sheet.rows} == {"suppressed"}
    assert sheet.total.cells[persistent] == "suppressed"
    assert "suppressed" in sheet.notes[-1]


def test_a_school_of_another_trust_is_not_there(two, sign_in, at_morning):
    other = SchoolFactory(name="Elsewhere School", trust=Trust.objects.create(name="Dale Trust"))
    page = sign_in(two.tess).get("/trust/", {"period": "week"}).content.decode()
    assert "Ridgeway School" in page
    assert "Elsewhere" not in page
    client = sign_in(two.tess)
    client.post(reverse("office:choose_school"), {"school": other.pk, "next": "/explorer/"})
    assert client.session.get("school_id") != other.pk


def test_who_works_in_a_school_only_does_not_see_its_neighbours(two, sign_in, at_morning):
    for user in (two.sandra, two.sol, two.gov):
        assert sign_in(user).get("/trust/").status_code == 403


def test_the_name_of_a_school_leads_into_its_explorer(two, sign_in, at_morning):
    client = sign_in(two.tess)
    answer = client.post(f"/trust/into/{two.ridgeway.pk}/explorer/", {"query": "period=week"})
    assert answer.url == "/explorer/?from_on=2026-11-23&to_on=2026-11-23&period=own"
    assert client.session["school_id"] == two.ridgeway.pk
    answer = client.post(reverse("office:choose_school"), {"school": two.ridgeway.pk, "next": "//elsewhere.example/"})
    assert answer.url == reverse("office:home")


def test_the_file_holds_what_the_page_shows_and_is_on_record(two, sign_in, at_morning):
    client = sign_in(two.tess)
    sent = client.post("/trust/export/csv/", {"query": "period=week"}).content.decode("utf-8-sig")
    assert sent.splitlines()[1].startswith('"Ridgeway School","Secondary"')
    assert sent.splitlines()[-1].startswith('"All 2 schools"')
    assert Entry.objects.filter(verb="list exported", words__contains="chools of the trust").exists()


def test_sixty_schools_ask_no_more_queries_than_two(two, sign_in, at_morning, count_queries):
    client = sign_in(two.tess)
    client.get("/trust/", {"period": "week"})
    for number in range(58):
        SchoolFactory(name=f"School {number:02d}", trust=two.thornbridge.trust)
    with count_queries(20):
        page = client.get("/trust/", {"period": "week"})
    assert len(page.context["view"].lines) == 60


def test_the_trust_appoints_by_command_and_each_schools_trail_shows_it(two, monkeypatch):
    said = StringIO()
    call_command(
        "appoint_to_trust", "ivy@peak.example", "--trust", "peak trust", "--role", "trustee", "--title", "Ms",
        "--forename", "Ivy", "--surname", "Lomas", stdout=said,
    )  # fmt: skip
    assert said.getvalue() == "Ivy Lomas is trustee of Peak Trust from now on.\n"
    ivy = User.objects.get(email="ivy@peak.example")
    assert [one.name for one in ivy.standing.schools] == ["Thornbridge Academy", "Ridgeway School"]
    told = Entry.objects.filter(verb="give_post", subject_id=ivy.pk)
    assert {one.school_id for one in told} == {two.thornbridge.pk, two.ridgeway.pk}
    with pytest.raises(CommandError, match="already holds this post"):
        call_command("appoint_to_trust", "ivy@peak.example", "--trust", "Peak Trust", "--role", "trustee")
    call_command(
        "appoint_to_trust", "ivy@peak.example", "--trust", "Peak Trust", "--role", "trustee", "--end", stdout=said
    )
    assert fresh(ivy).standing.schools == []
    assert Post.objects.filter(user=ivy, ended_on=None).count() == 0


def test_the_command_says_what_is_missing(two):
    with pytest.raises(CommandError, match=r"no trust Peek\. Known: Peak Trust"):
        call_command("appoint_to_trust", "ivy@peak.example", "--trust", "Peek", "--role", "trustee")
    with pytest.raises(CommandError, match="Give the person's forename and surname"):
        call_command("appoint_to_trust", "ivy@peak.example", "--trust", "Peak Trust", "--role", "trustee")
    assert not User.objects.filter(email="ivy@peak.example").exists()


def test_a_school_cannot_appoint_a_trustee(two, sign_in):
    client = sign_in(two.laila)
    client.post(reverse("office:post_give", args=[two.bea.pk]), {"role": "trustee"})
    assert not two.bea.posts.filter(role="trustee").exists()


def test_a_phase_of_one_school_does_not_tell_a_trustee_what_the_school_holds_back(two):
    School.objects.filter(pk=two.ridgeway.pk).update(phase="Primary")
    view = seen(two.nell)
    assert len(trust_sheet(view).rows) == 2  # so few pupils that no phase stands at all
    put_on_roll(*((two.ridgeway_nine_a, f"Other{n}", "Jo", {}) for n in range(9)))
    put_on_roll(*((two.nine_a, f"Other{n}", "Jo", {}) for n in range(9)))
    tuesday = Session(MONDAY + timedelta(days=1), "AM")
    later = MORNING + timedelta(days=1)
    take(two.nine_a, tuesday, by=two.pat, at=later, codes={two.callum.pk: "N"})
    take(two.ridgeway_nine_a, tuesday, by=two.rita, at=later, codes={two.canary.pk: "N"})
    sheet = trust_sheet(seen(two.nell, Period("own", "Own period", MONDAY, tuesday.on), at=later))
    assert [row.cells[0] for row in sheet.sums] == ["Primary schools", "Secondary schools"]
    for row in sheet.sums:
        assert row.cells[-3:] == ("suppressed",) * 3
        assert isinstance(row.cells[4], Fraction)
