"""The comment beside a mark and why it was amended: read by whoever works with the pupil, kept from everyone else."""

import csv
import io
import zipfile
from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from attendance_office.staff.roles import MAY, Can, Role
from registers.actions.absences import Report, log_absence
from registers.models import Doubt, Mark
from registers.queries.kept_words import COMMENT_KEPT, REASON_KEPT
from registers.rules.absences import Span
from tests.conftest import MONDAY, MORNING
from tests.factories.staff import PostFactory

from .conftest import MARKER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_morning")]

READS = {"sandra", "laila", "adeyemi", "bea", "dee"}
READERS = ("pat", "adeyemi", "sandra", "laila", "bea", "dee", "max", "sol", "tess")
EXPORTS = ("adeyemi", "sandra", "laila", "dee", "max", "tess")
COMMENT, WHY = f"{MARKER} letter", f"{MARKER} dentist rang"


@pytest.fixture
def signed(amended, sign_in):
    """Give a function that signs somebody of Thornbridge in."""
    return lambda who: sign_in(amended.people[who], amended.thornbridge)


def test_the_roles_that_read_comments_are_those_that_work_with_the_pupil():
    reading = {role for role in Role if Can.READ_COMMENTS in MAY[role]}
    assert reading == {Role.OFFICER, Role.LEAD, Role.HEAD_OF_YEAR, Role.PASTORAL, Role.DSL}


@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("tab", ["pupil_marks", "pupil_detail"])
def test_a_pupils_pages_say_the_words_or_that_the_office_keeps_them(amended, signed, who, tab):
    text = signed(who).get(reverse(f"registers:{tab}", args=[amended.callum.pk])).content.decode()
    assert (WHY in text) == (who in READS)
    assert (REASON_KEPT in text) == (who not in READS)
    if tab == "pupil_marks":
        assert (COMMENT in text) == (who in READS)
        assert (COMMENT_KEPT in text) == (who not in READS)


@pytest.mark.parametrize("who", ["sol", "sandra"])
def test_the_record_as_it_stood_keeps_them_too(amended, signed, who):
    Mark.objects.filter(pk=amended.callum_mark.pk).update(comment="Second comment")
    url = reverse("registers:pupil_detail", args=[amended.callum.pk])
    text = signed(who).get(url, {"as_at": "2026-11-20T11:05"}).content.decode()
    assert "Then and now" in text
    assert (MARKER in text) == (who == "sandra")


@pytest.mark.parametrize("who", EXPORTS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_exported_marks_say_the_words_or_that_the_office_keeps_them(amended, signed, who, form):
    url = reverse("registers:pupil_marks_export", args=[amended.callum.pk, form])
    content = signed(who).post(url, {"query": ""}).content
    if form == "xlsx":
        text = zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml").decode()
    else:
        text = content.decode("utf-8-sig")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["Comment"]]
        assert [row["Comment"] for row in rows] == [COMMENT if who in READS else COMMENT_KEPT]
    assert (COMMENT in text, WHY in text) == (who in READS, who in READS)


@pytest.mark.parametrize("who", READERS)
def test_the_pupil_file_hides_them_wholly_on_screen_and_on_paper(amended, signed, who):
    client = signed(who)
    screen = client.get(reverse("reporting:pupil_file", args=[amended.callum.pk])).content.decode()
    paper = client.post(reverse("reporting:pupil_file_print", args=[amended.callum.pk]), {"query": ""}).content
    printed = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages).split())
    for text in (screen, printed):
        assert (WHY in text, COMMENT in text) == (who in READS, who in READS)
        assert COMMENT_KEPT not in text


@pytest.mark.parametrize("who", EXPORTS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_pupil_file_as_a_list_hides_them_wholly(amended, signed, who, form):
    url = reverse("reporting:pupil_file_export", args=[amended.callum.pk, form])
    content = signed(who).post(url, {"query": ""}).content
    text = content.decode("utf-8-sig") if form == "csv" else ""
    if form == "xlsx":
        text = zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml").decode()
    assert (WHY in text, COMMENT in text) == (who in READS, who in READS)


@pytest.fixture
def told(cast):
    """Give the cast after the absence line heard of Callum's morning."""
    log_absence(
        school=cast.thornbridge, pupils=[cast.callum], span=Span(MONDAY, "AM", MONDAY, "PM"), told="I",
        report=Report(channel="call", heard_at=MORNING, contact=None, caller="Gran", words="He is sick"),
        reason=f"{MARKER} Gran rang", symptom="stomach", by=cast.sandra, at=MORNING,
    )  # fmt: skip
    return cast


@pytest.mark.parametrize("who", ["pat", "adeyemi", "sandra", "laila", "bea", "dee", "max", "sol", "tess"])
def test_what_the_absence_line_wrote_is_kept_on_the_pupils_page_and_the_register(told, sign_in, who):
    client = sign_in(told.people[who], told.thornbridge)
    page = client.get(reverse("registers:pupil_detail", args=[told.callum.pk])).content.decode()
    assert (MARKER in page) == (who in READS)
    if who in {"sol", "tess"}:
        assert COMMENT_KEPT in page
        assert "Gran" not in page
    sheet = client.get(reverse("registers:register_take", args=[told.nine_a.pk, MONDAY.isoformat(), "AM"]))
    assert (MARKER in sheet.content.decode()) == (who in READS and sheet.status_code == 200)


def test_the_data_manager_works_the_lists_of_marks_without_the_words(amended, signed, told):
    Mark.objects.filter(pupil=amended.callum, on=date(2026, 11, 2), half="AM").update(code="N")
    doubt = Doubt.objects.create(
        school=amended.thornbridge, pupil=amended.callum, on=date(2026, 11, 2), half="AM", ground="no_place",
        words="B without a place.", code="B", found_at=MORNING,
    )  # fmt: skip
    Mark.objects.filter(pupil=amended.callum, on=MONDAY).update(code="N")
    pages = (
        reverse("registers:doubt_list"),
        reverse("registers:doubt_detail", args=[doubt.pk]),
        reverse("registers:unexplained_list"),
    )
    for url in pages:
        hers, his = (signed(who).get(url).content.decode() for who in ("sandra", "max"))
        assert MARKER in hers, url
        assert MARKER not in his, url
        assert "kept by the office" in his, url


def test_two_posts_add_up_to_no_more_than_each_may_read(amended, sign_in):
    """Leadership sees that an absence was told, the data manager sees contacts: together they still read no comment."""
    PostFactory(user=amended.sol, school=amended.thornbridge, role=Role.DATA_MANAGER)
    url = reverse("registers:pupil_marks", args=[amended.callum.pk])
    assert MARKER not in sign_in(amended.sol, amended.thornbridge).get(url).content.decode()
    PostFactory(user=amended.sol, school=amended.thornbridge, role=Role.PASTORAL)
    assert COMMENT in sign_in(amended.sol, amended.thornbridge).get(url).content.decode()
