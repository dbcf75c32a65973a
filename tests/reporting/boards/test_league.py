"""The form league and its display sheets: one number everywhere, places shared, small forms held back, nobody named."""

import csv
import io
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from attendance_office.audit.models import Entry
from letters.pdf import print_html
from registers.models import Mark, Pupil
from registers.queries.figures import latest_due
from registers.rules.rates import Tally
from reporting.models import LeagueRule
from reporting.queries.displays import Display, display
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.league import Wish, league, league_periods, period_before
from reporting.queries.week_page import week_page
from reporting.rules.league import places, without_medical
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.staff import TutorGroupFactory
from tests.factories.tagged import tags_of
from tests.reporting.conftest import put, sessions, term  # noqa: F401 - the world that this file looks at

FRIDAY = date(2026, 11, 20)


def asked(school, key="half_term", on=MONDAY, **more):
    (period,) = [one for one in league_periods(school.pk, on) if one.key == key]
    return Wish(period, period_before(school.pk, period), **more)


def found_for(cast, who, key="half_term", on=MONDAY, **more):
    school = cast.thornbridge
    return league(Reader.of(who, school), asked(school, key, on, **more), upto=latest_due(school.pk, MORNING))


def by_name(found):
    return {form.name: form for form in found.forms}


def text_of(answered):
    assert answered.status_code == 200, answered.status_code
    assert answered["content-type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answered.content))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture
def forms(term):  # noqa: F811
    """Give the term's school with 8B beside it, and a form of one pupil."""
    eight_b = TutorGroupFactory(school=term.thornbridge, name="8B", year_group=8)
    lone = TutorGroupFactory(school=term.thornbridge, name="11Z", year_group=11)
    pupils = put_on_roll(
        *((eight_b, f"Moor{n}", "Jo", {}) for n in range(6)), (lone, "Quillfeather", "Marigold", {"sex": "F"})
    )
    put(term.thornbridge, {(one, on, half): "/" if half == "AM" else "\\" for one in pupils for on, half in sessions()})
    return term


def test_places_are_shared_by_exact_equals_and_the_next_is_counted_on():
    rates = [Fraction(9, 10), Fraction(95, 100), Fraction(19, 20), Fraction(9499, 10000)]
    assert places(rates) == [(4, False), (1, True), (1, True), (3, False)]
    assert places([]) == []


def test_illness_and_medical_are_left_out_of_possible_and_missed_and_nothing_else():
    tally = Tally(20, 14, 4, 2, 1)
    assert without_medical(tally, {"I": 2, "M": 1, "C": 1, "O": 2}) == Tally(17, 14, 1, 2, 1)
    assert without_medical(tally, {}) == tally


def test_a_forms_rate_is_the_explorers_and_the_friday_reports(forms):
    week = by_name(found_for(forms, forms.sandra, "week", FRIDAY))
    explorer = answer(
        Reader.of(forms.sandra, forms.thornbridge), Question(asked(forms.thornbridge, "week", FRIDAY).period)
    )
    parts = {part.value: part.figures for part in explorer.parts("form")}
    assert set(week) == {"9A", "8C", "8B", "11Z"}
    for name, form in week.items():
        assert form.tally == parts[name].tally
        assert form.rate == parts[name].tally.attendance_rate
    # Year 9 has one form: the Friday report of its head says the very same.
    friday = week_page(forms.thornbridge, forms.adeyemi, year_group=9, on=FRIDAY, at=MORNING)
    told = [row[4] if row[3] is None else row[3] for row in friday.rows if row[:2] == ("Attendance", "This week")]
    assert told == [week["9A"].rate, week["9A"].tally.possible, week["9A"].tally.absent]
    # And it is what the marks say, counted by hand.
    marks = Mark.objects.filter(
        school=forms.thornbridge, pupil__tutor_group=forms.nine_a, on__range=(FRIDAY - timedelta(4), FRIDAY)
    )
    attended = marks.filter(code__in=["/", "\\", "L"]).count()
    assert week["9A"].rate == Fraction(attended, marks.exclude(code__in=["#", "D"]).count())


def test_a_place_is_told_with_the_movement_since_the_half_term_before(forms):
    wish = asked(forms.thornbridge)
    assert (wish.period.from_on, wish.period.to_on) == (date(2026, 11, 2), MONDAY)
    assert wish.before.from_on == date(2026, 9, 2)
    assert wish.before.to_on < date(2026, 10, 26)
    found = by_name(found_for(forms, forms.sandra, least=1))
    ranked = sorted((form for form in found.values()), key=lambda form: form.place)
    assert [form.rate for form in ranked] == sorted((form.rate for form in ranked), reverse=True)
    assert found["8B"].is_tied
    assert found["11Z"].is_tied
    assert (found["8B"].place, found["11Z"].place) == (1, 1)
    assert found["9A"].points == found["9A"].rate - found["9A"].before.attendance_rate
    assert found["9A"].moved == found["9A"].place_before - found["9A"].place


def test_the_week_after_half_term_is_compared_with_the_school_week_before_it(forms):
    wish = asked(forms.thornbridge, "week", date(2026, 11, 6))
    assert (wish.before.from_on, wish.before.to_on) == (date(2026, 10, 19), date(2026, 10, 23))


def test_a_form_with_registers_missing_is_flagged_with_how_many_sessions(forms, sign_in, at_morning):
    before = by_name(found_for(forms, forms.sandra))["8C"].missing
    put_on_roll((forms.eight_c, "Newly", "Come", {}))
    due = len(sessions(date(2026, 11, 2))) + 1  # and this Monday's morning, whose register has opened
    assert by_name(found_for(forms, forms.sandra))["8C"].missing == before + due
    page = sign_in(forms.sandra).get("/league/").content.decode()
    assert f"{before + due} sessions without a mark" in page


def test_a_form_of_few_sessions_has_no_place_and_the_page_says_why(forms, sign_in, at_morning):
    shown = sign_in(forms.sandra).get("/league/?least=90000")
    assert {(form.place, form.why) for form in shown.context["found"].forms} == {(None, "too few sessions")}
    assert "Forms with fewer than 90000 possible sessions together have no place." in shown.content.decode()


def test_the_page_says_what_is_left_out_and_the_rate_is_then_no_attendance(forms, sign_in, at_morning):
    client = sign_in(forms.sandra)
    shown = client.get("/league/?period=term&medical=out")
    page = shown.content.decode()
    assert "Sessions missed for illness (I) or a medical appointment (M) are left out" in page
    assert "The school&#x27;s own league counts otherwise" in page
    fair = by_name(shown.context["found"])
    plain = by_name(client.get("/league/?period=term").context["found"])
    marks = Mark.objects.filter(pupil__tutor_group=forms.nine_a, on__lte=MONDAY)
    assert plain["9A"].tally.possible - fair["9A"].tally.possible == marks.filter(code__in=["I", "M"]).count() > 0
    assert plain["9A"].tally.attended == fair["9A"].tally.attended


def test_what_is_none_of_the_choices_is_the_usual(forms, sign_in, at_morning):
    wish = sign_in(forms.sandra).get("/league/?period=nonsense&year=abc&least=-3&medical=maybe").context["wish"]
    assert (wish.period.key, wish.year, wish.least, wish.is_without_medical) == ("half_term", "", 1, False)


def test_to_a_governor_a_form_of_one_is_suppressed_and_no_sheet_is_offered(forms, sign_in, at_morning):
    client = sign_in(forms.gov)
    shown = client.get("/league/?period=year")
    held = {form.name for form in shown.context["found"].forms if form.is_held_back}
    assert "11Z" in held
    assert len(held) > 1, "alone it could be worked out from the whole"
    assert "Display sheets" not in shown.content.decode()
    assert client.post("/league/display/league/").status_code == 403


def test_a_head_of_year_ranks_the_forms_of_the_own_year_alone(forms, sign_in, at_morning):
    assert {form.name for form in sign_in(forms.nine).get("/league/").context["found"].forms} == {"8B", "8C"}


def test_another_schools_forms_are_never_in_it(forms, sign_in, at_morning):
    found = sign_in(forms.olly).get("/league/?period=year").context["found"]
    assert [(form.name, form.pupils) for form in found.forms] == [("9A", 1)]


def test_the_file_says_what_the_page_says_and_is_on_record(forms, sign_in, at_morning):
    client = sign_in(forms.sandra)
    found = client.get("/league/?period=term").context["found"]
    sent = client.post("/league/export/csv/", {"query": "period=term"})
    heads, *rows = csv.reader(io.StringIO(sent.content.decode("utf-8-sig")))
    assert [row[2] for row in rows] == [form.name for form in found.forms]
    assert [row[0] for row in rows] == [str(form.place) for form in found.forms]
    assert [row[4:6] for row in rows] == [[str(f.tally.possible), str(f.tally.attended)] for f in found.forms]
    assert heads[6] == "Attendance"
    assert Entry.objects.get(verb="list exported").after["filters"] == "period=term"


@pytest.mark.parametrize("kind", ["league", "full", "improved"])
def test_a_display_sheet_names_nobody_and_leaves_small_forms_out(forms, sign_in, at_morning, kind):
    answered = sign_in(forms.sandra).post(f"/league/display/{kind}/", {"query": "period=term"})
    reader, text = text_of(answered)
    for page in reader.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595)
    assert {"H1", "P"} <= set(tags_of(answered.content))
    assert forms.thornbridge.name in text
    assert "Wed 2 Sep 2026 to Mon 23 Nov 2026" in text
    assert "Counted Mon 23 Nov 2026, 09:14" in text
    staff = {one.first_name for one in forms.people.values()} | {one.last_name for one in forms.people.values()}
    for names in Pupil.objects.values_list("legal_surname", "legal_forename", "known_as", "upn"):
        for name in names:
            assert not name or len(name) < 3 or name in staff or name not in text, name
    assert "11Z" not in text
    entry = Entry.objects.get(verb="list exported")
    assert (entry.by_id, entry.school_id) == (forms.sandra.pk, forms.thornbridge.pk)
    assert entry.after["form"] == "pdf"


def test_the_sheet_of_full_attendance_counts_as_the_certificates_do_and_tells_no_few(forms, sign_in, at_morning):
    wish = asked(forms.thornbridge, "last_week")
    sheet = display(
        "full", school=forms.thornbridge, user=forms.sandra, wish=wish, upto=latest_due(forms.thornbridge.pk, MORNING),
        at=MORNING,
    )  # fmt: skip
    said = {row[0]: row[1] for row in sheet.rows}
    query = f"kind=certificate_full&from_on={wish.period.from_on}&to_on={wish.period.to_on}&least_possible=1"
    earned = sign_in(forms.sandra).get(f"/letters/certificates/?{query}").context["found"].earned
    many = sum(one.pupil.tutor_group_id == forms.nine_a.pk for one in earned)
    assert many >= 5
    assert said["9A"] == (f"{many}" if 23 - many >= 5 or many == 23 else "all but a few")
    assert "11Z" not in said


def test_the_improved_sheet_tells_only_of_gains_the_largest_first(forms):
    school = forms.thornbridge
    upto = latest_due(school.pk, MORNING)
    sheet = display("improved", school=school, user=forms.sandra, wish=asked(school), upto=upto, at=MORNING)
    gains = [float(row[2].split()[0]) for row in sheet.rows]
    assert gains == sorted(gains, reverse=True)
    assert all(gain >= 0 for gain in gains)
    found = by_name(found_for(forms, forms.sandra))
    assert {row[1] for row in sheet.rows} <= {name for name, form in found.items() if form.points and form.points > 0}


def test_a_sheet_that_there_is_not_is_not_found(forms, sign_in, at_morning):
    assert sign_in(forms.sandra).post("/league/display/pupils/").status_code == 404


def test_the_league_asks_a_fixed_number_of_questions(forms, sign_in, at_morning, count_queries):
    client = sign_in(forms.sandra)
    client.get("/league/")
    with count_queries(31) as counted:
        client.get("/league/?medical=out")
    first = len(counted)
    groups = [TutorGroupFactory(school=forms.thornbridge, name=f"7{n}", year_group=7) for n in range(8)]
    put_on_roll(*((group, f"More{n}", "Al", {}) for group in groups for n in range(6)))
    with count_queries(first):
        client.get("/league/?medical=out")


def test_how_the_league_counts_is_the_schools_choice_and_kept_with_a_trace(forms, sign_in, at_morning):
    client = sign_in(forms.laila)
    asked = {"medical": "out", "least": "20", "why": "A form is not to lose its place to chickenpox."}
    client.post("/league/choose/", asked)
    shown = sign_in(forms.sandra).get("/league/?period=term")
    wish = shown.context["wish"]
    assert (wish.is_without_medical, wish.least, wish.is_other) == (True, 20, False)
    assert "not to lose its place to chickenpox" in shown.content.decode()
    assert "counts otherwise" not in shown.content.decode()
    other = sign_in(forms.sandra).get("/league/?period=term&medical=in").context["wish"]
    assert (other.is_without_medical, other.is_other) == (False, True)
    line = Entry.objects.get(verb="chose how the form league counts")
    assert (line.before, line.after, line.reason) == (
        {"is_without_medical": False, "least_sessions": 50}, {"is_without_medical": True, "least_sessions": 20}, asked["why"],
    )  # fmt: skip
    _, words = text_of(sign_in(forms.laila).post("/league/display/league/", {"query": "period=term"}))
    assert "Without illness and medical" in words
    assert "are left out: this is not the attendance that is reported" in words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"medical": "out", "least": "50", "why": " "}, "Say why"),
        ({"medical": "in", "least": "50", "why": "As ever"}, "so chosen already"),
        ({"medical": "out", "least": "0", "why": "None"}, "from 1 to 100,000"),
        ({"medical": "out", "least": "\u0665", "why": "None"}, "from 1 to 100,000"),
    ],
)
def test_a_choice_that_is_none_is_refused_in_words(forms, sign_in, at_morning, asked, words):
    answered = sign_in(forms.laila).post("/league/choose/", asked, follow=True)
    assert words in answered.content.decode()
    assert not LeagueRule.objects.exists()


def test_a_head_of_year_and_a_governor_see_how_the_league_counts_and_do_not_choose(forms, sign_in, at_morning):
    for who in (forms.nine, forms.gov):
        client = sign_in(who)
        page = client.get("/league/").content.decode()
        assert "How the school&#x27;s league counts" in page or "How the school's league counts" in page
        assert "Choose for the school" not in page
        assert client.post("/league/choose/", {"medical": "out", "least": "9", "why": "x"}).status_code == 403
    assert not LeagueRule.objects.exists()


def test_ten_most_improved_forms_and_their_notes_stand_on_one_sheet():
    rows = tuple((f"{at}", f"9{at}", "1.0 points", "95.0 %", "") for at in range(1, 11))
    sheet = Display(
        kind="improved", title="Most improved forms, year 9", school="Thornbridge Academy", days="Mon 2 to Fri 27 Nov 2026",
        heads=("Place", "Form", "Gained", "Without illness and medical", ""), rows=rows, made="Counted today.", empty="",
        notes=("A note of the sheet, as long as the longest of them all would be where illness is left out here.",) * 6,
    )  # fmt: skip
    content = print_html(render_to_string("reporting/print/display.html", {"sheet": sheet}), styles=["display"])
    assert len(PdfReader(io.BytesIO(content)).pages) == 1
