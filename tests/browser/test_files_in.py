"""Files of other systems through the browser with no edit by hand: uploaded, tried, read, told row by row, taken back.

With OFFICE_PICTURES set to a folder, pictures of the pages are taken.
"""

import csv
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from registers.actions.imports.running import run_waiting
from registers.models import Import, Lesson, Mark, Pupil
from tests.browser.conftest import DESK, PHONE
from tests.conftest import MORNING
from tests.factories.timetable import make_timetable

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAMPLES = Path(__file__).parents[2] / "docs" / "samples" / "systems"
# Of each sample: its system, what it brings, how many rows make something, and a value that is made wrong.
PUPILS = [
    ("sims_pupils.csv", "SIMS report (CSV)", 6, ("cp1252", "22/01/2013", "22/13/2013")),
    ("sims_pupils.xml", "SIMS report (XML)", 6, ("utf-8", "2013-01-22", "2013-13-22")),
    ("arbor_pupils.csv", "Arbor", 6, ("utf-8", "22/01/2013", "22/13/2013")),
    ("bromcom_pupils.csv", "Bromcom", 6, ("utf-16", "22/01/2013", "22/13/2013")),
    ("wonde_students.json", "Wonde (JSON)", 6, ("utf-8", "2013-01-22", "2013-13-22")),
    ("sds_uk_student.csv", "Microsoft School Data Sync (UK)", 86, ("utf-8", "11/12/1999", "31/31/1999")),
]
MARKS = [
    ("sims_marks.csv", "SIMS report (CSV)", 59, ("utf-8", ",I,I,", ",I,??,")),
    ("arbor_marks.csv", "Arbor", 24, ("utf-8", "16/11/2026,PM,\\,", "16/11/2026,PM,??,")),
    ("go4schools_marks.csv", "Go 4 Schools", 3, ("utf-8", "AM,I,0", "AM,??,0")),
]


def picture(page, name):
    if folder := os.environ.get("OFFICE_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        for size, window in (("desk", DESK), ("phone", PHONE)):
            page.set_viewport_size(window)
            page.screenshot(path=f"{folder}/{name}-{size}.png", full_page=True)
        page.set_viewport_size(DESK)


def upload(page, path):
    page.goto("/office/")
    page.get_by_role("link", name="Files read in").click()
    page.get_by_label("A file from another system").set_input_files(path)
    page.get_by_role("button", name="Upload and match").click()


def press(page, name):
    """Press a button that puts the file in line, and let the worker read it."""
    page.get_by_role("button", name=name).click()
    page.wait_for_url("**/imports/*/")
    expect(page.locator("h1")).to_be_visible()
    assert run_waiting(at=MORNING) == 1
    page.goto(page.url)


def download(page, name, folder):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).first.click()
    path = folder / "download.csv"
    waiting.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def through(page, sample, rows, system, folder, no_violations):
    """Take a sample from upload to the report of its rows; give the import's page."""
    upload(page, SAMPLES / sample)
    expect(page.locator(".head")).to_contain_text(system)
    expect(page.get_by_role("heading", name="Which column is which")).to_be_visible()
    no_violations(page)
    picture(page, f"match-{sample}")
    press(page, "Dry run")
    expect(page.get_by_role("heading", name="Dry run: nothing was kept")).to_be_visible()
    expect(page.locator(".tally")).to_contain_text(f"{rows} added")
    picture(page, f"tried-{sample}")
    press(page, "Read it for good")
    expect(page.get_by_role("heading", name="Read", exact=True)).to_be_visible()
    expect(page.locator(".tally")).to_contain_text(f"{rows} added")
    expect(page.locator(".tally")).to_contain_text("0 faults")
    no_violations(page)
    picture(page, f"read-{sample}")
    told = download(page, "What each row did", folder)
    assert {one["What became of it"] for one in told} == {"added"}
    return told


def take_back(page):
    page.get_by_text("Take the whole import back").click()
    page.get_by_label("Why").fill("Wrong file")
    page.get_by_role("button", name="Take back what it made and changed").click()
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()


def refused(page, sample, wrong, folder):
    """Upload the sample with one wrong value: the report names its row, column and value, and what would be right."""
    encoding, right, bad = wrong
    text = (SAMPLES / sample).read_bytes().decode(encoding)
    assert right in text
    path = folder / f"wrong_{sample}"
    path.write_bytes(text.replace(right, bad, 1).encode(encoding))
    upload(page, path)
    press(page, "Dry run")
    expect(page.get_by_role("heading", name="Refused: nothing was kept")).to_be_visible()
    picture(page, f"refused-{sample}")
    (fault,) = download(page, "as CSV", folder)
    assert int(fault["Row"]) > 0
    assert fault["Column"]
    assert fault["Value"]
    assert fault["What would be right"].endswith(".")


@pytest.mark.parametrize(("sample", "system", "rows", "wrong"), PUPILS)
def test_pupils_come_in_and_go_again(cast, signed_in_page, no_violations, tmp_path, sample, system, rows, wrong):
    page = signed_in_page(cast.max)
    before = Pupil.objects.count()
    told = through(page, sample, rows, system, tmp_path, no_violations)
    assert sum(one["Of what"] == "pupil" for one in told) == rows
    assert Pupil.objects.count() == before + rows
    take_back(page)
    assert Pupil.objects.count() == before
    refused(page, sample, wrong, tmp_path)
    assert page.complaints == []


@pytest.mark.parametrize(("sample", "system", "rows", "wrong"), MARKS)
def test_marks_come_in_and_go_again(cast, signed_in_page, no_violations, tmp_path, sample, system, rows, wrong):
    page = signed_in_page(cast.max)
    upload(page, SAMPLES / "sims_pupils.csv")
    press(page, "Read it for good")
    told = through(page, sample, rows, system, tmp_path, no_violations)
    assert {one["Of what"] for one in told} == {"mark"}
    assert Mark.objects.count() == rows
    take_back(page)
    assert Mark.objects.count() == 0
    refused(page, sample, wrong, tmp_path)
    assert Import.objects.filter(state="refused").count() == 1
    assert page.complaints == []


def test_the_timetable_comes_in_and_goes_again(cast, signed_in_page, no_violations, tmp_path):
    make_timetable(cast)
    before = Lesson.objects.count()
    page = signed_in_page(cast.sandra)
    lessons = tmp_path / "lessons.csv"
    lessons.write_text("Class Name,Timetable Period,Subject,Room\n9A/Fr,1Tue:1,French,L2\n9A/Fr,Thu:P2,French,L2\n")
    upload(page, lessons)
    expect(page.get_by_label("The file brings")).to_have_value("lessons")
    expect(page.get_by_role("region", name="First rows")).to_contain_text("9A/Fr")
    no_violations(page)
    press(page, "Dry run")
    expect(page.get_by_role("heading", name="Dry run: nothing was kept")).to_be_visible()
    assert Lesson.objects.count() == before
    press(page, "Read it for good")
    expect(page.locator(".tally")).to_contain_text("2 added")
    assert Lesson.objects.count() == before + 2
    told = download(page, "What each row did", tmp_path)
    assert {(one["Row"], one["Of what"]) for one in told} == {("2", "class"), ("2", "lesson"), ("3", "lesson")}

    seats = tmp_path / "seats.csv"
    seats.write_text('Class,Student Name,Reg\n9A/Fr,"Ashworth, Callum",9A\n')
    upload(page, seats)
    expect(page.get_by_label("The file brings")).to_have_value("seats")
    press(page, "Read it for good")
    expect(page.locator(".tally")).to_contain_text("1 added")
    page.goto(f"/classes/{Lesson.objects.order_by('-pk')[0].teaching_group_id}/")
    expect(page.get_by_role("region", name="Pupils of the class")).to_contain_text("From seats.csv, row 2")
    no_violations(page)
    page.get_by_role("link", name="From seats.csv, row 2").click()
    take_back(page)
    assert page.complaints == []
