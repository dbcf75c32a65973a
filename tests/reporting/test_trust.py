"""Schools of a trust side by side: the same definitions, sums over sums, and the way into each by permission."""

from datetime import date, timedelta
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import Post, School, Trust, User
from registers.models import Placement
from registers.queries.figures import latest_due, school_counts
from registers.rules.figures import Figures
from registers.rules.rates import Tally
from registers.rules.sessions import Session
from reporting.actions.trust import open_from_trust
from reporting.queries.periods import Period, year_before
from reporting.queries.trust import beside_of, trust_schools, trust_view
from reporting.queries.trust_groups import choices
from reporting.queries.trust_held import Cell, held_back
from reporting.queries.trust_sheet import trust_sheet, unsafe_lines
from reporting.rules.small_numbers import Division
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import make_school, put_on_roll
from tests.factories.marks import take
from tests.factories.staff import SchoolFactory, TutorGroupFactory

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
    with count_queries(15):
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
        assert [row.cells[column(sheet, one)] for one in ("Persistent", "Persistent, share", "Severe")] == [
            "suppressed"
        ] * 3
        assert isinstance(row.cells[4], Fraction)


def test_a_register_not_taken_is_missing_and_neither_presence_nor_absence(two):
    """8C of Thornbridge was not taken this morning: two of its five marks are missing, and the rate stays 2 of 3."""
    view = seen(two.tess)
    for line in view.lines:
        upto = latest_due(line.school.pk, MORNING)
        assert line.figures.missing == school_counts(line.school.pk, MONDAY, MONDAY, upto=upto).missing
    sheet = trust_sheet(view)
    assert cells(sheet, "No mark") == [0, 2, 2]
    assert cells(sheet, "No mark, share") == [0, Fraction(2, 5), Fraction(2, 6)]
    assert cells(sheet, "Attendance") == [0, Fraction(2, 3), Fraction(2, 4)]
    assert cells(sheet, "Registers") == ["all marked", "unsafe: 40.0 % to 80.0 %", "unsafe: 33.3 % to 66.7 %"]
    assert [bar.words for bar in sheet.chart.bars] == ["100.0 %", "33.3 %, unsafe"]
    assert [line.name for line in unsafe_lines(view)] == ["Thornbridge Academy"]


def test_the_page_warns_of_a_school_whose_rate_is_unsafe(two, sign_in, at_morning):
    page = sign_in(two.tess).get("/trust/", {"period": "week"}).content.decode()
    assert "Too many marks are missing to read the attendance of 1 school: Thornbridge Academy (2)." in page
    take(two.eight_c, Session(MONDAY, "AM"), by=two.hal, at=MORNING)
    page = sign_in(two.tess).get("/trust/", {"period": "week"}).content.decode()
    assert "Too many marks" not in page


def test_the_week_before_may_stand_beside_with_the_change_in_points_sum_over_sum(two, sign_in, at_morning):
    friday = Session(MONDAY - timedelta(days=3), "AM")
    before = MORNING - timedelta(days=3)
    take(two.nine_a, friday, by=two.pat, at=before)
    take(two.ridgeway_nine_a, friday, by=two.rita, at=before, codes={two.canary.pk: "I"})
    week = Period("week", "This week", MONDAY, MONDAY)
    beside = beside_of(two.thornbridge.pk, week, "before")
    assert (beside.from_on, beside.to_on) == (MONDAY - timedelta(days=7), MONDAY - timedelta(days=3))
    sheet = trust_sheet(seen(two.tess, beside=beside))
    assert cells(sheet, "The school week before") == [0, 1, Fraction(3, 4)]
    assert cells(sheet, "Change, points") == [0, Fraction(-1, 3), Fraction(-1, 4)]
    page = sign_in(two.tess).get("/trust/", {"period": "week", "beside": "before"}).content.decode()
    assert "beside the school week before, Mon 16 Nov 2026 to Fri 20 Nov 2026" in page
    assert "\N{MINUS SIGN}33.3" in page


@pytest.mark.parametrize(
    ("key", "first", "last", "beside"),
    [
        ("four_weeks", date(2026, 11, 2), date(2026, 11, 23), (date(2026, 10, 5), date(2026, 10, 26))),
        ("own", date(2026, 11, 10), date(2026, 11, 12), (date(2026, 11, 3), date(2026, 11, 5))),
        ("half_term", date(2026, 11, 2), date(2026, 11, 23), (date(2026, 9, 2), date(2026, 10, 22))),
        ("year", date(2026, 8, 1), date(2026, 11, 23), (date(2025, 8, 1), date(2026, 7, 31))),
    ],
)
def test_the_days_just_before_are_as_many_weeks_or_what_the_school_calls_so(cast, key, first, last, beside):
    found = beside_of(cast.thornbridge.pk, Period(key, "Days", first, last), "before")
    assert (found.from_on, found.to_on) == beside


def test_beside_nothing_no_change_is_told(two, sign_in, at_morning):
    assert beside_of(two.thornbridge.pk, WEEK, "none") is None
    page = sign_in(two.tess).get("/trust/", {"period": "week", "beside": "none"})
    assert "Change, points" not in [one.heading for one in page.context["sheet"].columns]


def test_each_school_is_laid_against_the_trusts_own_line(two):
    assert cells(trust_sheet(seen(two.tess)), "Against the trust, points") == [Fraction(-1, 2), Fraction(1, 6), ""]


def test_one_group_of_pupils_is_laid_side_by_side(two):
    sheet = trust_sheet(seen(two.tess, group="sen-K"))
    assert cells(sheet, "Pupils") == [0, 1, 1]  # Freya
    assert cells(sheet, "Attendance") == ["no rate", 1, 1]
    assert "England" not in [one.heading for one in sheet.columns]
    nines = trust_sheet(seen(two.tess, group="year-9"))
    assert cells(nines, "Attendance") == [0, Fraction(2, 3), Fraction(2, 4)]
    assert cells(nines, "No mark") == [0, 0, 0]  # it is 8C that was not taken
    eights = trust_sheet(seen(two.tess, group="year-8"))
    assert cells(eights, "No mark") == [0, 2, 2]


def test_a_year_groups_pupils_beside_are_those_who_sat_in_it_then(two):
    monday_before = Period("b", "Before", MONDAY - timedelta(days=7), MONDAY - timedelta(days=3))
    take(two.nine_a, Session(monday_before.from_on, "AM"), by=two.pat, at=MORNING - timedelta(days=7))
    Placement.objects.filter(pupil=two.callum).update(year_group=8, to_on=MONDAY - timedelta(days=1))
    Placement.objects.create(
        school=two.thornbridge, pupil=two.callum, tutor_group=two.nine_a, year_group=9, from_on=MONDAY
    )
    view = seen(two.tess, group="year-9", beside=monday_before)
    assert view.lines[1].figures.pupils == 3
    assert view.lines[1].counted.before.pupils == 2


def test_who_is_looked_after_may_choose_only_who_may_know_it_in_every_school(two):
    keys = {one.key for one in choices(fresh(two.tess), trust_schools(fresh(two.tess)))}
    assert {"year-9", "sen-E", "pp-yes", "fsm-no"} <= keys
    assert not any(key.startswith(("cla", "cp", "ethnicity")) for key in keys)
    Post.objects.create(user=two.tess, school=two.thornbridge, role="dsl")
    assert not any(one.key.startswith("cla") for one in choices(fresh(two.tess), trust_schools(fresh(two.tess))))
    Post.objects.create(user=two.tess, school=two.ridgeway, role="dsl")
    assert any(one.key == "cla-yes" for one in choices(fresh(two.tess), trust_schools(fresh(two.tess))))
    trustee = {one.key for one in choices(fresh(two.nell), trust_schools(fresh(two.nell)))}
    assert {"year-9", "pp-yes"} <= trustee


def test_a_number_of_absent_pupils_leads_to_just_these_pupils_over_the_same_days(two, sign_in, at_morning):
    client = sign_in(two.tess)
    page = client.get("/trust/", {"period": "week", "group": "year-9"})
    thornbridge = next(line for line in page.context["lines"] if line["name"]["words"] == "Thornbridge Academy")
    told = {cell["what"]: cell["words"] for cell in thornbridge["cells"] if cell["what"]}
    answer = client.post(
        f"/trust/into/{two.thornbridge.pk}/persistent/", {"query": "period=week&group=year-9"}, follow=True
    )
    assert answer.request["QUERY_STRING"] == "from_on=2026-11-23&to_on=2026-11-23&period=own&much=persistent&year=9"
    assert [line.pupil_id for line in answer.context["found"].lines] == [two.callum.pk]
    assert told["persistent"] == "1"
    (line,) = Entry.objects.filter(verb="figures opened")
    assert line.school_id == two.thornbridge.pk
    assert line.words == (
        "Persistently absent pupils (Year 9) opened from the trust's page, Mon 23 Nov 2026 to Mon 23 Nov 2026"
    )


def test_a_trustee_is_led_to_figures_and_to_no_pupil(two, sign_in, at_morning):
    client = sign_in(two.nell)
    answer = client.post(f"/trust/into/{two.thornbridge.pk}/persistent/", {"query": "period=week"})
    assert answer.url == "/figures/?from_on=2026-11-23&to_on=2026-11-23"
    assert client.post(f"/trust/into/{two.thornbridge.pk}/pupils/", {"query": ""}).status_code == 404
    answer = client.post(f"/trust/into/{two.thornbridge.pk}/explorer/", {"query": "period=week&group=year-9"})
    assert answer.url.endswith("&view=table&by=year")
    assert client.get(answer.url).context["found"].reader.sees_pupils is False


def test_a_school_of_another_trust_is_not_gone_into(two, sign_in, at_morning):
    other = SchoolFactory(name="Elsewhere School", trust=Trust.objects.create(name="Dale Trust"))
    client = sign_in(two.tess)
    assert client.post(f"/trust/into/{other.pk}/explorer/", {"query": ""}).status_code == 404
    assert client.post(f"/trust/into/{two.ridgeway.pk}/nothing/", {"query": ""}).status_code == 404
    assert client.session.get("school_id") != other.pk
    assert not Entry.objects.filter(verb="figures opened").exists()


def test_who_does_not_see_the_trust_is_refused_to_go_in_from_it(two):
    with pytest.raises(Refused, match="does not show this school"):
        open_from_trust(school=two.thornbridge, what="persistent", period=WEEK, group="", by=two.sandra, at=MORNING)
    assert not Entry.objects.filter(verb="figures opened").exists()


def test_a_file_stands_in_the_trail_of_every_school_in_it(two, sign_in, at_morning):
    outside = SchoolFactory(name="Elsewhere School")
    sign_in(two.tess).post("/trust/export/xlsx/", {"query": "period=week&group=pp-yes&beside=before"})
    lines = Entry.objects.filter(verb="list exported")
    assert {line.school_id for line in lines} == {two.thornbridge.pk, two.ridgeway.pk}
    assert outside.pk not in {line.school_id for line in lines}
    for line in lines:
        assert line.words.startswith("Figures of 2 schools of the trust exported as XLSX by Ms T. Stott: 3 rows")
        assert line.by_role == "Trust attendance lead"
        assert line.after["filters"].endswith("beside 2026-11-16 to 2026-11-20; Pupil premium: yes")


def test_the_file_is_sorted_as_the_page_and_phases_stay_below(two, sign_in, at_morning):
    School.objects.filter(pk=two.ridgeway.pk).update(phase="Primary")
    client = sign_in(two.tess)
    asked = "period=week&sort=-attendance"
    page = client.get("/trust/?" + asked)
    shown = [line["name"]["words"] for line in page.context["lines"]]
    assert shown == ["Thornbridge Academy", "Ridgeway School", "Primary schools", "Secondary schools", "All 2 schools"]
    sent = client.post("/trust/export/csv/", {"query": asked}).content.decode("utf-8-sig").splitlines()[1:]
    assert [line.split('","')[0].strip('"') for line in sent] == shown


def test_a_period_of_more_than_three_years_is_refused_beside_its_field(two, sign_in, at_morning):
    page = sign_in(two.tess).get("/trust/", {"from_on": "2020-09-01", "to_on": "2026-11-23"})
    assert "three school years at most" in page.content.decode()
    assert page.context["view"].period.key == "year"


@pytest.fixture
def thirty(two):
    """Fill both schools with years 7 and 8: of 20 in each, some were away all week, so that years differ."""
    for school, tutor in ((two.thornbridge, two.pat), (two.ridgeway, two.rita)):
        for year, gone in ((7, 3 if school is two.ridgeway else 8), (8, 9)):
            group = TutorGroupFactory(school=school, name=f"{year}Z", year_group=year)
            Post.objects.create(user=tutor, school=school, role="tutor", tutor_group=group)
            pupils = put_on_roll(*((group, f"Other{year}{n}", "Jo", {}) for n in range(20)))
            take(
                group, Session(MONDAY, "AM"), by=fresh(tutor), at=MORNING, codes={one.pk: "I" for one in pupils[:gone]}
            )
    return two


def test_neither_a_group_nor_all_but_one_tells_a_trustee_of_a_few(thirty):
    """Year 7 of Ridgeway has 3 persistently absent: no filter's table shows it, nor do those of all the others."""
    groups = ["", *(one.key for one in choices(fresh(thirty.nell), trust_schools(fresh(thirty.nell))))]
    years = [key for key in groups if key.startswith("year-")]
    tables = {key: trust_sheet(seen(thirty.nell, group=key)) for key in ["", *years]}
    assert cells(tables["year-7"], "Persistent")[0] == "suppressed"
    whole, others = cells(tables[""], "Persistent"), [cells(tables[key], "Persistent") for key in years]
    for row in range(2):
        if whole[row] != "suppressed":
            assert sum(other[row] == "suppressed" for other in others) != 1
    sevens = cells(tables["year-7"], "Persistent")
    assert sevens[-1] == "suppressed" or sevens[:2].count("suppressed") == 2


def test_a_trust_lead_sees_the_few(thirty):
    assert cells(trust_sheet(seen(thirty.tess, group="year-7")), "Persistent") == [3, 8, 11]


def test_days_beside_of_few_pupils_do_not_tell_a_trustee_of_them(thirty):
    """A year before, the two schools had one and three pupils with a mark: their rates then are held back."""
    last = Period("b", "A year before", MONDAY - timedelta(days=7), MONDAY - timedelta(days=3))
    before = MORNING - timedelta(days=7)
    take(thirty.nine_a, Session(last.from_on, "AM"), by=thirty.pat, at=before)
    take(thirty.ridgeway_nine_a, Session(last.from_on, "AM"), by=thirty.rita, at=before)
    sheet = trust_sheet(seen(thirty.nell, beside=last))
    assert cells(sheet, "A year before") == ["suppressed"] * 3
    assert cells(sheet, "Change, points") == ["suppressed"] * 3
    assert all(isinstance(cell, Fraction) for cell in cells(sheet, "Attendance"))


def test_all_groups_and_sixty_schools_ask_a_trustee_no_more_queries(two, sign_in, at_morning, count_queries):
    client = sign_in(two.nell)
    asked = {"period": "week", "group": "year-9", "beside": "before"}
    client.get("/trust/", asked)
    for number in range(58):
        SchoolFactory(name=f"School {number:02d}", trust=two.thornbridge.trust)
    with count_queries(21):
        client.get("/trust/", asked)


def test_a_group_of_few_without_a_mark_tells_a_trustee_nothing(thirty):
    """Nobody of year 9 was marked at a third school; that three sit in it is not told either."""
    alport = SchoolFactory(name="Alport School", trust=thirty.thornbridge.trust)
    make_school(alport)
    for year, pupils in ((7, 20), (9, 3)):
        group = TutorGroupFactory(school=alport, name=f"{year}Q", year_group=year)
        put_on_roll(*((group, f"Alport{year}{n}", "Jo", {}) for n in range(pupils)))
    assert cells(trust_sheet(seen(thirty.nell, group="year-9")), "No mark")[0] == "suppressed"
    assert cells(trust_sheet(seen(thirty.nell, group="year-7")), "No mark")[0] in (20, "suppressed")
    assert cells(trust_sheet(seen(thirty.tess, group="year-9")), "No mark")[0] == 3


def test_severely_absent_pupils_do_not_tell_of_the_few_between():
    """Eight persistently absent, six of them severely: two missed less than half."""
    few = Figures(Tally(100, 70, 30, 0), {}, 0, 20, 8, 6)
    many = Figures(Tally(100, 70, 30, 0), {}, 0, 40, 20, 10)
    rows = [Cell(few, 20, few), Cell(many, 40, many), Cell(Figures.together([few, many]), 60, few)]
    held = held_back([rows], [Division(2, (0, 1))], 0)
    assert held.persistent == frozenset()
    assert held.severe == {0, 2}  # the second school tells its own on its own page: the sum of both goes


def test_what_a_school_tells_on_its_own_page_and_the_trust_of_all_schools_do_not_give_away_another_schools_few():
    """Two of the first school are persistently absent: no school but that one is held back, and the sum of all is."""

    def cell(pupils, persistent):
        figures = Figures(Tally(10 * pupils, 9 * pupils, pupils, 0), {}, 0, pupils, persistent, 0)
        return Cell(figures, pupils, figures)

    def row(*schools):
        together = Figures.together([one.now for one in schools])
        return [*schools, Cell(together, together.pupils, together)]

    tree = [Division(3, (0, 1, 2))]
    everybody = row(cell(40, 12), cell(60, 20), cell(50, 9))
    group = row(cell(20, 2), cell(30, 10), cell(25, 5))
    others = row(cell(20, 10), cell(30, 10), cell(25, 4))
    assert held_back([row(cell(40, 2), cell(60, 20), cell(50, 9))], tree, 0).persistent == {0, 3}
    held = held_back([everybody, group, others], tree, 1).persistent
    assert {0, 3} <= held  # the group's few, and their sum over schools
    assert held_back([everybody, group, others], tree, 0).persistent == frozenset()
