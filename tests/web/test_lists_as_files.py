"""Every list goes out as a file: what it shows, safe in a spreadsheet, on record."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from attendance_office.audit.models import Entry
from attendance_office.jobs.models import Run
from letters.actions.stops import keep_stop
from letters.models import Letter, PrintRun
from registers.actions.imports.uploads import upload_file
from registers.models import Group, Membership
from reporting.actions.distributions import send_week, subscribe
from reporting.actions.papers import draft_paper
from tests.conftest import MONDAY, MORNING
from tests.factories.letters import give_policy
from tests.factories.post_room import WEEK, mark_week

pytestmark = pytest.mark.django_db


def names(resolver=None, space=""):
    """Give the names of the office's own URLs, each with its namespace."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver) and one.namespace in {None, "office", "registers", "letters", "interventions", "reporting"}:  # fmt: skip
            yield from names(one, f"{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern) and one.name and space:
            yield f"{space}{one.name}"


# Pages that are lists by another name than `..._list`, each with what sends it out.
OTHERS = {
    "interventions:call_sheet": "interventions:call_sheet_export",
    "interventions:first_day": "interventions:first_day_export",
    "interventions:trawl": "interventions:trawl_export",
    "registers:absence_line": "registers:absence_export",
    "registers:admissions": "registers:admission_export",
    "registers:calendar": "registers:calendar_export",
    "registers:class_detail": "registers:seat_export",
    "registers:codes": "registers:code_export",
    "registers:contact_health": "registers:contact_export",
    "registers:group_detail": "registers:group_export",
    "registers:lesson_day": "registers:lesson_day_export",
    "registers:missing_marks": "registers:missing_export",
    "registers:pupil_marks": "registers:pupil_marks_export",
    "registers:timetable": "registers:timetable_export",
    "letters:board": "letters:board_export",
    "letters:certificates": "letters:certificates_export",
    "letters:due_none": "letters:due_none_export",
    "letters:run_detail": "letters:run_letters_export",
    "reporting:evidence_detail": "reporting:evidence_export",
    "reporting:distributions": "reporting:distributions_export",
    "reporting:explorer": "reporting:explorer_export",
    "reporting:pupil_file": "reporting:pupil_file_export",
    "reporting:trust": "reporting:trust_export",
    "office:role_table": "office:role_export",
    "office:trail": "office:trail_export",
}


# Templates with a table and no file, each with why. A table that is no list of these kinds has a file.
ONE_THING = "of one thing, and printed; what it counts goes out with the list it is in"
WORKED = "asked and answered before it is saved, and then gone"
COUNTS = "numbers and settings, without a pupil; each number leads to a list that has a file"
PAPER = "a sheet to print, of a list that has a file"
PART = "a part of pages, which have the file"
NO_FILE = {
    ONE_THING: """interventions/pupil_absence interventions/safeguarding_item letters/letter_detail letters/pupil_letters letters/template_edit
        letters/template_versions office/staff_detail registers/absence_note registers/agreement_detail
        registers/closure_detail registers/import_detail registers/link_detail registers/pupil_contacts
        registers/pupil_detail registers/pupil_groups registers/pupil_record reporting/explorer_receipt reporting/mail_choice reporting/round
        reporting/case_detail reporting/visit_detail""",
    WORKED: """interventions/alert_preview interventions/job_preview letters/due_ask letters/notify_ask letters/write
        registers/agreement_form registers/class_lessons registers/closure_plan registers/register_conflict
        registers/register_take""",
    COUNTS: """letters/policy letters/simulator registers/timetable_days reporting/desk reporting/differs
        reporting/figures reporting/health""",
    PAPER: "letters/walk_round registers/late_sheet reporting/content_part",
    PART: """allauth/elements/table components/chart components/field_changes components/timetable_grid components/written
        letters/stop_rows""",
}


def test_every_page_with_a_table_has_a_file_or_says_here_why_not():
    explained = {f"{name}.html" for names in NO_FILE.values() for name in names.split()}
    folder = settings.BASE_DIR / "templates"
    tables = {}
    for path in folder.rglob("*.html"):
        text = path.read_text()
        if '<table class="tbl' in text or "render_table" in text:
            tables[str(path.relative_to(folder))] = "components/export.html" in text or "pupil_export" in text
    without = {name for name, has_file in tables.items() if not has_file}
    assert without - explained == set()
    assert explained - without == set()  # nothing is excused that is no table, or has a file


def test_every_list_has_its_export():
    known = set(names())
    lists = {name for name in known if name.endswith("_list")}
    without = {
        name for name in lists if f"{name}_export" not in known and f"{name.removesuffix('_list')}_export" not in known
    }
    assert without == set()
    assert set(OTHERS) | set(OTHERS.values()) <= known


def sent(client, name, form="csv", query="", **kwargs):
    answer = client.post(reverse(name, kwargs={"form": form} | kwargs), {"query": query})
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content


def workbook(content):
    with ZipFile(BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


@pytest.mark.parametrize(
    ("name", "words", "who"),
    [
        ("registers:group_list_export", "'=Breakfast", "sandra"),
        ("registers:import_export", "pupils.csv", "sandra"),
        ("registers:calendar_export", "Half term", "sandra"),
        ("registers:code_export", "Whole school unexpectedly closed", "sandra"),
        ("interventions:job_export", "Codes known beforehand", "sandra"),
        ("interventions:run_export", "3 marks known beforehand written", "sandra"),
        ("letters:due_export", "Sessions missed", "laila"),
        ("letters:run_export", "Put together", "laila"),
        ("letters:template_export", "Language", "laila"),
        ("office:role_export", "Attendance officer", "laila"),
    ],
)
def test_a_list_goes_out_as_csv_and_as_a_workbook_and_the_trail_says_so(cast, sign_in, at_morning, name, words, who):
    Group.objects.create(school=cast.thornbridge, name="=Breakfast")
    content = b"UPN,Surname,Forename\nH801200001001,Ash,Cal\n"
    upload_file(school=cast.thornbridge, name="pupils.csv", content=content, by=cast.sandra, at=MORNING)
    Run.objects.create(
        school=cast.thornbridge, job="known_codes", due_on=MONDAY, due_at=MORNING, started_at=MORNING, state="done", attempts=1,
        started_by="The office itself", words="3 marks known beforehand written.",
    )  # fmt: skip
    client = sign_in(cast.people[who])
    text = sent(client, name).decode()
    assert words in text
    assert words.strip("'") in workbook(sent(client, name, "xlsx"))
    lines = Entry.objects.filter(verb="list exported")
    assert lines.count() == 2
    assert {line.by_id for line in lines} == {cast.people[who].pk}
    assert {line.after["rows"] for line in lines} == {len(text.strip().splitlines()) - 1}


def test_a_group_goes_out_with_the_members_within_reach_alone(cast, sign_in, at_morning):
    group = Group.objects.create(school=cast.thornbridge, name="Club [a]/b: *?")
    for pupil, to_on in ((cast.callum, None), (cast.amina, MONDAY - timedelta(days=1)), (cast.tyler, None)):
        Membership.objects.create(
            school=cast.thornbridge, group=group, pupil=pupil, from_on=MONDAY - timedelta(days=9), to_on=to_on
        )
    client = sign_in(cast.sandra)
    assert (
        f"/groups/{group.pk}/export/csv/"
        in client.get(reverse("registers:group_detail", args=[group.pk])).content.decode()
    )
    text = sent(client, "registers:group_export", pk=group.pk).decode()
    assert [line.split(",")[0].strip('"') for line in text.splitlines()[1:]] == ["Ashworth", "Maddox", "Begum"]
    assert "Before or later" in text
    reach = sent(sign_in(cast.adeyemi), "registers:group_export", "xlsx", pk=group.pk)
    assert "Ashworth" in workbook(reach)
    assert "Maddox" not in workbook(reach)


def test_why_a_stop_stands_goes_out_to_safeguarding_eyes_alone(cast, sign_in, at_morning):
    keep_stop(
        pupil=cast.callum, covers="all", reason="Refuge", is_private=True, owner=cast.dee, to_on=None, by=cast.dee, at=MORNING
    )  # fmt: skip
    assert "Refuge" in sent(sign_in(cast.dee), "letters:stop_export").decode()
    hidden = sent(sign_in(cast.max), "letters:stop_export").decode()
    assert "Ashworth, Callum" in hidden
    assert "Refuge" not in hidden


def test_a_letter_that_waits_goes_out_with_whom_it_is_for(cast, sign_in, at_morning):
    policy = give_policy(cast.thornbridge, 1)
    Letter.objects.create(
        school=cast.thornbridge, key="one", kind="level_1", pupil=cast.callum, version=policy.template.versions.get(),
        channel="post", to_name="Mrs J. Ashworth", to_address="1 Lane", proposed_on=MONDAY, proposed_at=MORNING,
    )  # fmt: skip
    client = sign_in(cast.sandra)
    assert "Mrs J. Ashworth" in sent(client, "letters:due_export", query="").decode()
    assert "Mrs J. Ashworth" not in sent(client, "letters:due_export", query="level=2").decode()


def test_the_calendar_and_the_codes_go_out_as_they_are_chosen(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    assert "Half term" not in sent(client, "registers:calendar_export", query="year=2025/26").decode()
    older = sent(client, "registers:code_export", query="on=2024-07-10").decode()
    assert "Agreed family holiday" in older
    assert "part-time timetable" not in older


@pytest.mark.parametrize(
    "name", ["registers:codes", "registers:group_list", "registers:import_list", "interventions:job_list"]
)
def test_who_may_export_finds_the_buttons_and_others_do_not(cast, sign_in, at_morning, name):
    Group.objects.create(school=cast.thornbridge, name="Club")
    upload_file(
        school=cast.thornbridge, name="p.csv", content=b"UPN,Surname,Forename\nA,B,C\n", by=cast.sandra, at=MORNING
    )
    assert "export/xlsx/" in sign_in(cast.sandra).get(reverse(name)).content.decode()
    if name in {"registers:codes", "registers:group_list"}:
        assert "export/xlsx/" not in sign_in(cast.bea).get(reverse(name)).content.decode()


def test_papers_reports_and_nobody_reached_go_out_as_they_are_shown(cast, sign_in, at_morning):
    paper = draft_paper(school=cast.thornbridge, from_on=MONDAY, to_on=MONDAY, by=cast.laila, at=MORNING)
    client = sign_in(cast.laila)
    assert f'"{paper}"' in sent(client, "reporting:paper_list_export").decode()
    assert sent(client, "reporting:sent_list_export").decode().splitlines()[0].endswith('"Report","Day","E-mail"')
    heads = sent(client, "interventions:safeguarding_list_export", query="show=closed").decode().splitlines()[0]
    assert heads.endswith('"Pupils","Since","Why","Latest step","Closed","By","With the words"')


def test_certificates_a_run_and_what_was_sent_go_out_as_they_are_shown(cast, sign_in, at_morning):
    client = sign_in(cast.laila)
    mark_week(cast.nine_a, WEEK, by=cast.sandra, codes={cast.callum.pk: lambda _day, half: "I" if half == "AM" else ""})
    query = "kind=certificate_full&from_on=2026-11-16&to_on=2026-11-20&least_possible=5"
    shown = client.get(reverse("letters:certificates") + "?" + query)
    text = sent(client, "letters:certificates_export", query=query).decode()
    assert text.splitlines()[0].endswith('"Pupil","Form","State","Place","Gained","Figures or why"')
    assert {one.pupil.pk for one, _ in shown.context["rows"]} == {cast.amina.pk, cast.freya.pk}
    assert '"Begum, Amina","9A","Earned","","","10 of 10 sessions, 100.0 %"' in text
    assert len(text.splitlines()) - 1 == shown.context["listed"]
    assert b"/letters/certificates/export/csv/" in shown.content

    run = PrintRun.objects.create(school=cast.thornbridge, made_at=MORNING, made_by=cast.laila, state="ready")
    policy = give_policy(cast.thornbridge, 1)
    Letter.objects.create(
        school=cast.thornbridge, key="one", kind="level_1", pupil=cast.callum, version=policy.template.versions.get(),
        channel="post", to_name="Mrs J. Ashworth", to_address="=1 Lane", proposed_on=MONDAY, proposed_at=MORNING,
        state="held_back", ended_why="Recovered", print_run=run, run_place=1,
    )  # fmt: skip
    assert (
        f"/letters/runs/{run.pk}/export/csv/"
        in client.get(reverse("letters:run_detail", args=[run.pk])).content.decode()
    )
    (line,) = sent(client, "letters:run_letters_export", pk=run.pk).decode().splitlines()[1:]
    assert line.startswith('"1","Mrs J. Ashworth","\'=1 Lane","Ashworth, Callum","9A","Attendance level 1"')

    subscribe(school=cast.thornbridge, user=cast.adeyemi, year_group=9, by_mail=True, by=cast.laila, at=MORNING)
    send_week(school=cast.thornbridge, on=MONDAY, by=None, at=MORNING)
    assert b"/distributions/export/csv/" in client.get(reverse("reporting:distributions")).content
    (line,) = sent(client, "reporting:distributions_export").decode().splitlines()[1:]
    assert cast.adeyemi.signature in line
    assert "2026-11-23" in line
