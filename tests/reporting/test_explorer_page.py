"""The explorer's page and files: the same numbers everywhere, small ones held back, constant questions."""

import csv
import io
from datetime import date
from fractions import Fraction

import pytest
import python_calamine
from django.http import QueryDict

from attendance_office.audit.models import Entry
from registers.models import Group, Membership
from reporting.models import SavedView
from reporting.queries.asked import asked
from reporting.queries.explorer import Reader, answer
from reporting.queries.sheets import SUPPRESSED
from reporting.queries.tables import sheet
from reporting.rules.small_numbers import tells_of_few
from tests.conftest import MONDAY

LOOKS = ["view=list", "view=table&by=year", "view=table&by=form&by2=sex&show=persistent", "view=weeks", "view=weeks&by=fsm",
         "view=weekdays", "view=bands", "view=gaps", "view=beside"]  # fmt: skip


def page(client, query=""):
    answered = client.get(f"/explorer/?{query}")
    assert answered.status_code == 200
    return answered.content.decode()


def sheet_for(cast, who, view, **look):
    reader = Reader.of(who, cast.thornbridge)
    found = answer(reader, asked(QueryDict(""), reader=reader, on=MONDAY).question)
    return sheet(found, view, school=cast.thornbridge, **look)


def said(text, column):
    """Give a cell of the file as the page would say it."""
    if text == "":
        return ""
    if text in (SUPPRESSED, "no rate") or not text.replace(".", "").replace("-", "").isdigit():
        return text
    if column.is_share:
        return f"{float(text):.1f} %".replace("-", "\N{MINUS SIGN}")
    if len(text) == 10 and text[4] == "-":
        on = date.fromisoformat(text)
        return f"{on:%a} {on.day} {on:%b %Y}"
    return text if column.heading == "Year" else f"{int(text):,}"


def as_written(value, written, column):
    """Tell whether a cell of the spreadsheet is what the other file wrote."""
    if column.is_share and isinstance(value, float):
        return abs(value * 100 - float(written)) <= 0.0501
    if isinstance(value, float):
        return str(int(value)) == written
    return value.isoformat()[:10] == written if isinstance(value, date) else value == written


@pytest.mark.parametrize("look", LOOKS)
def test_screen_csv_and_spreadsheet_say_the_same(term, sign_in, at_morning, look):
    client = sign_in(term.sandra)
    shown = client.get(f"/explorer/?{look}&fsm=no&sort=-attendance")
    lines = [*shown.context["lines"], *([shown.context["total_line"]] if shown.context["total_line"] else [])]
    on_screen = [[words for words, *_ in (line["name"], *line["cells"])] for line in lines]

    columns = shown.context["sheet"].columns
    text = client.post("/explorer/export/csv/", {"query": f"{look}&fsm=no&sort=-attendance"}).content.decode(
        "utf-8-sig"
    )
    heads, *rows = list(csv.reader(io.StringIO(text)))
    assert heads == [column.heading for column in columns]
    assert [[said(cell, column) for cell, column in zip(row, columns, strict=True)] for row in rows] == on_screen

    book = client.post("/explorer/export/xlsx/", {"query": f"{look}&fsm=no&sort=-attendance"}).content
    _, *cells = python_calamine.load_workbook(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert len(cells) == len(rows)
    for in_book, in_csv in zip(cells, rows, strict=True):
        for value, written, column in zip(in_book, in_csv, columns, strict=True):
            assert as_written(value, written, column)
    assert Entry.objects.filter(verb="list exported").count() == 2


def test_numbers_are_numbers_in_the_spreadsheet(term, sign_in, at_morning):
    book = sign_in(term.sandra).post("/explorer/export/xlsx/", {"query": "view=list"}).content
    heads, first, *_ = python_calamine.load_workbook(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert isinstance(first[heads.index("Possible")], float)
    assert 0 < first[heads.index("Attendance")] <= 1


def test_filters_stand_as_tags_that_take_themselves_off(term, sign_in, at_morning):
    text = page(sign_in(term.sandra), "year=9&fsm=yes")
    assert "Free school meals: Yes" in text
    assert 'href="?year=9"' in text


def test_an_answer_of_nobody_says_what_to_do(term, sign_in, at_morning):
    assert "No pupil fits" in page(sign_in(term.sandra), "year=9&form=8C")


def test_a_governor_sees_no_name_and_no_few_pupils(term, sign_in, at_morning):
    client = sign_in(term.gov)
    for look in LOOKS:
        text = page(client, look)
        assert not [name for name in ("Ashworth", "Maddox", "Pupil03") if name in text]
    by_year = sheet_for(term, term.gov, "table", by="year")
    # Two pupils in year 8 alone would be the total less year 9: both are held back.
    assert [set(row.cells[1:]) for row in by_year.rows] == [{SUPPRESSED}, {SUPPRESSED}]
    assert by_year.total.cells[1] == 25
    assert client.get("/explorer/?view=list").context["view"] == "table"


def test_a_gap_does_not_tell_a_governor_of_few_by_the_share_persistently_absent(term):
    by_sex = {row.cells[0]: row.cells for row in sheet_for(term, term.gov, "gaps").rows}
    seen = {row.cells[0]: row.cells for row in sheet_for(term, term.sandra, "gaps").rows}
    reader = Reader.of(term.gov, term.thornbridge)
    found = answer(reader, asked(QueryDict(""), reader=reader, on=MONDAY).question)
    assert by_sex
    for gap in found.gaps():
        told = any(
            tells_of_few(one.figures.persistently_absent, one.figures.pupils) for one in (gap.inside, gap.outside)
        )
        shares = by_sex[gap.inside.words][6:]
        assert shares == ((SUPPRESSED, SUPPRESSED) if told else seen[gap.inside.words][6:])
        assert by_sex[gap.inside.words][:6] == seen[gap.inside.words][:6]


def test_a_person_who_sees_pupils_sees_small_numbers(term):
    by_year = sheet_for(term, term.sandra, "table", by="year")
    assert [row.cells[1] for row in by_year.rows] == [2, 23]


def test_the_receipt_opens_and_adds_up(term, sign_in, at_morning):
    text = sign_in(term.sandra).get("/explorer/receipt/?form=9A").content.decode()
    assert "Possible: attended and missed" in text
    assert "Planned school closure" in text
    over = sign_in(term.sandra).get("/explorer/receipt/?form=9A", headers={"HX-Request": "true"}).content.decode()
    assert over.lstrip().startswith('<div class="fill">')


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_a_constant_number_of_questions(term, sign_in, at_morning, count_queries, look):
    client = sign_in(term.sandra)
    client.get(f"/explorer/?{look}")
    with count_queries(16):
        client.get(f"/explorer/?{look}")


def test_the_selected_go_into_a_group_and_out_again(term, sign_in, at_morning):
    group = Group.objects.create(school=term.thornbridge, name="Watch")
    client = sign_in(term.sandra)
    client.post("/explorer/group/", {"query": "year=9", "pick": [term.callum.pk, term.tyler.pk], "group": group.pk})
    assert [one.pupil for one in Membership.objects.filter(group=group)] == [term.callum]
    client.post("/explorer/group/", {"query": "year=8", "all": "1", "group": group.pk})
    assert Membership.objects.filter(group=group).count() == 3
    client.post("/explorer/group/", {"query": "year=8", "all": "1"})
    assert Membership.objects.filter(group=group).count() == 3


def test_the_selected_are_handed_to_the_letter_and_nobody_outside_the_question(term, sign_in, at_morning):
    client = sign_in(term.sandra)
    given = {"query": "form=9A", "pick": [term.callum.pk, term.tyler.pk]}
    assert client.post("/explorer/letter/", given)["Location"] == f"/letters/write/?pupil={term.callum.pk}"
    whole = client.post("/explorer/letter/", {"query": "form=8C", "all": "1"})["Location"]
    assert whole == f"/letters/write/?pupil={term.ikra.pk}&pupil={term.tyler.pk}"
    assert client.get(whole).status_code == 200
    assert client.post("/explorer/letter/", {"query": "form=9A"})["Location"] == "/explorer/?form=9A"


def test_the_selected_are_handed_to_a_reward_by_who_may_give_one(term, sign_in, at_morning):
    client = sign_in(term.adeyemi)
    assert "/explorer/reward/" in client.get("/explorer/?view=list").content.decode()
    given = client.post("/explorer/reward/", {"query": "form=9A", "pick": [term.callum.pk, term.tyler.pk]})["Location"]
    assert given == f"/letters/rewards/give/?pupil={term.callum.pk}"
    page = client.get(given).content.decode()
    assert "Put a reward on record" in page
    assert "Callum" in page


def test_a_view_is_saved_opened_renamed_shared_and_deleted_with_a_trace(term, sign_in, at_morning):
    client = sign_in(term.sandra)
    client.post("/explorer/views/save/", {"name": " Nines  at risk ", "query": "year=9&near=90&page=3"})
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_shared) == ("Nines at risk", "year=9&near=90", False)
    assert client.get(f"/explorer/views/{view.pk}/")["Location"] == "/explorer/?year=9&near=90"
    assert sign_in(term.laila).get(f"/explorer/views/{view.pk}/").status_code == 404
    client = sign_in(term.sandra)
    client.post("/explorer/views/save/", {"name": "NINES at risk", "query": "year=8"})
    assert SavedView.objects.count() == 1
    client.post(f"/explorer/views/{view.pk}/change/", {"name": "Nines", "is_shared": "on"})
    assert "Nines" in sign_in(term.laila).get("/explorer/").content.decode()
    sign_in(term.bea).post(f"/explorer/views/{view.pk}/delete/")
    assert SavedView.objects.exists()
    sign_in(term.sandra).post(f"/explorer/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()
    assert list(Entry.objects.filter(subject_kind="saved_view").order_by("pk").values_list("verb", flat=True)) == [
        "view saved", "view changed", "view deleted",
    ]  # fmt: skip
    assert Entry.objects.get(verb="view deleted").before["query"] == "year=9&near=90"


def test_what_of_a_view_no_longer_holds_is_said_when_it_is_opened(term, sign_in, at_morning):
    view = SavedView.objects.create(
        school=term.thornbridge, owner=term.dee, name="Gone", query="form=11Z&cp=yes&year=9", is_shared=True,
        made_at="2026-11-23T09:00:00Z",
    )  # fmt: skip
    text = sign_in(term.sol).get(f"/explorer/views/{view.pk}/", follow=True).content.decode()
    assert "Form 11Z" in text
    assert "not for your role" in text


def test_a_view_whose_only_form_is_gone_shows_nobody_and_never_everybody(term, sign_in, at_morning):
    views = {
        query: SavedView.objects.create(
            school=term.thornbridge, owner=term.sandra, name=query, query=query, made_at="2026-11-23T09:00:00Z"
        )
        for query in ("form=11Z&view=list", "form=11Z&form=9A&view=list")
    }
    client = sign_in(term.sandra)
    nobody = client.get(f"/explorer/views/{views['form=11Z&view=list'].pk}/", follow=True)
    assert "Nobody of these days stands under Form 11Z" in nobody.content.decode()
    assert nobody.context["found"].lines == ()
    some = client.get(f"/explorer/views/{views['form=11Z&form=9A&view=list'].pk}/", follow=True)
    assert "Left out: Form 11Z" in some.content.decode()
    assert {line.form for line in some.context["found"].lines} == {"9A"}


def test_beside_dfe_a_head_of_years_own_pupils_are_not_called_the_school(term, sign_in, at_morning):
    of_year = sign_in(term.adeyemi).get("/explorer/?view=beside").context["sheet"]
    assert of_year.columns[1].heading == "These pupils"
    assert any("whatever these are narrowed to" in note for note in of_year.notes)
    of_school = sign_in(term.sandra).get("/explorer/?view=beside").context["sheet"]
    assert of_school.columns[1].heading == "This school"


def test_a_table_by_two_ways_has_a_whole_and_never_the_same_way_twice(term, sign_in, at_morning):
    client = sign_in(term.sandra)
    assert client.get("/explorer/?view=table&by2=year").context["sheet"].title == "By year"
    seen = client.get("/explorer/?view=table&by=form&by2=sex").context
    plain = client.get("/explorer/?view=table&by=sex").context["sheet"]
    whole = seen["sheet"].total.cells
    assert whole[0] == "All"
    assert list(whole[2:-2:2]) == [row.cells[1] for row in plain.rows]
    assert list(whole[1:-2:2]) == [row.cells[4] for row in plain.rows]
    assert whole[-2:] == (seen["found"].figures.tally.attendance_rate, seen["found"].figures.pupils)


def test_a_week_of_the_trend_leads_to_its_pupils_and_its_receipt(term, sign_in, at_morning):
    client = sign_in(term.sandra)
    seen = client.get("/explorer/?view=weeks&period=own&from_on=2026-09-02&to_on=2026-10-07&year=9").context
    first, last = seen["sheet"].rows[0], seen["sheet"].rows[-1]
    assert dict(first.narrows) == {"period": "own", "from_on": "2026-09-02", "to_on": "2026-09-06"}
    assert dict(last.narrows)["to_on"] == "2026-10-07"
    there = client.get(f"/explorer/{seen['lines'][0]['url']}").context["found"].figures.tally
    assert (there.possible, there.attended) == first.cells[1:3]
    assert client.get(seen["lines"][0]["receipt"]).context["figures"].tally.possible == first.cells[1]


def test_the_number_of_persistently_absent_leads_to_them_by_name_and_a_short_period_is_warned_of(
    term, sign_in, at_morning
):
    client = sign_in(term.sandra)
    seen = client.get("/explorer/?view=gaps&year=9")
    named = client.get(f"/explorer/{seen.context['much']['persistent']}").context["found"]
    assert len(named.lines) == seen.context["found"].figures.persistently_absent > 0
    assert "says little" not in seen.content.decode()
    assert "says little" in page(client, "period=last_week&view=table&by=year")
    assert sign_in(term.gov).get("/explorer/").context["much"] == {}


def test_the_whole_list_stands_on_one_page_to_be_printed(term, sign_in, at_morning, monkeypatch):
    monkeypatch.setattr("reporting.views.explorer.PAGE", 10)
    client = sign_in(term.sandra)
    assert "All 25 on one page" in page(client, "view=list")
    assert len(client.get("/explorer/?view=list&page=all").context["lines"]) == 25


def test_an_own_group_has_its_gap_and_a_governor_none(term, sign_in, at_morning):
    group = Group.objects.create(school=term.thornbridge, name="Breakfast")
    for pupil in (term.callum, term.freya):
        Membership.objects.create(school=term.thornbridge, group=group, pupil=pupil, from_on=date(2026, 9, 2))
    rows = {row.cells[0]: row for row in sheet_for(term, term.sandra, "gaps").rows}
    assert rows["Breakfast"].cells[1] == 2
    assert rows["Breakfast"].cells[3] == 23
    assert rows["Breakfast"].narrows == (("group", str(group.pk)),)
    assert "Breakfast" not in {row.cells[0] for row in sheet_for(term, term.gov, "gaps").rows}


def test_a_shared_view_says_whose_it_is(term, sign_in, at_morning):
    for who, is_shared in ((term.sandra, True), (term.laila, True), (term.laila, False)):
        SavedView.objects.create(
            school=term.thornbridge, owner=who, name=f"Nines {is_shared}", query="year=9", is_shared=is_shared,
            made_at="2026-11-23T09:00:00Z",
        )  # fmt: skip
    seen = page(sign_in(term.laila))
    assert f"shared by {term.sandra.signature}" in seen
    assert "yours, shared" in seen
    assert "your own" in seen
    assert f"shared by {term.laila.signature}" in page(sign_in(term.sandra))


def test_near_a_threshold_the_list_says_how_far_each_pupil_is_from_it_exactly(term, sign_in, at_morning):
    seen = sign_in(term.sandra).get("/explorer/?view=list&near=92.5&within=10&sort=-points-from-925").context
    assert seen["sheet"].columns[-1].heading == "Points from 92.5 %"
    far = [row.cells[-1] for row in seen["sheet"].rows]
    assert far
    assert far == sorted(far, reverse=True)
    by_name = {line.name: line.tally for line in seen["found"].lines}
    for row in seen["sheet"].rows:
        tally = by_name[row.cells[0]]
        assert row.cells[-1] == Fraction(tally.attended, tally.possible) - Fraction(925, 1000)
