"""Evidence folders: frozen things referred to or frozen now, in order, closed for good, and given out with care."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.trawl import run_trawl
from interventions.queries.trawls import Summary
from registers.models import Mark, StoredFile
from reporting.actions import evidence as actions
from reporting.actions.case_studies import draft_study, issue_study
from reporting.actions.distributions import send_week, subscribe
from reporting.actions.papers import draft_paper, issue_paper
from reporting.models import EvidenceEntry, EvidenceFolder, SavedView
from reporting.queries.evidence import MADE, lines_of, made, offers_of
from tests.conftest import MORNING
from tests.factories.post_room import WEEK, mark_week
from tests.reporting.conftest import FROM, TO


@pytest.fixture
def folder(cast):
    return actions.make_folder(
        school=cast.thornbridge, title="Inspection, autumn", purpose="What leadership did, and what came of it.",
        from_on=FROM, to_on=TO, by=cast.laila, at=MORNING,
    )  # fmt: skip


def put(cast, folder, key, *, why="", section="", by=None):
    return actions.put_in(folder=folder, key=key, section=section, why=why, by=by or cast.laila, at=MORNING)


def document(cast, folder, name="Plan.pdf", content=b"%PDF-1.7 plan", **said):
    usual = {"title": "Attendance plan", "section": "leadership", "why": "It is what we work by", "names_pupils": False}
    return actions.put_in_document(folder=folder, name=name, content=content, by=cast.laila, at=MORNING, **usual | said)


def text_of(content):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def named(cast, folder):
    """Put in a document that names pupils."""
    return document(cast, folder, "Panel.pdf", b"%PDF-1.7 Callum Ashworth", title="Panel minutes", names_pupils=True)


def test_a_trawl_in_a_folder_gives_no_few_pupils_away_by_the_line_of_the_whole_school(cast, term, monkeypatch):
    """Three pupils of year 8 in a band: the band's total less the other years' would be those three."""
    run = run_trawl(school=cast.thornbridge, on=TO, by=None, at=datetime(2026, 11, 20, 16, tzinfo=UTC)).trawl
    bands = {7: [20, 9, 6, 0, 0, 0], 8: [25, 10, 3, 0, 0, 0], 9: [30, 12, 8, 0, 0, 0]}
    monkeypatch.setattr(made, "summary", lambda *asked: Summary(123, {}, bands))
    (section,) = made.trawl_content(run)["sections"]
    found = section["tables"][0]
    assert found["total"] == ["Whole school", "75", "31", "17", "0", "0", "0"]
    band = [row[3] for row in found["rows"]]
    assert band[1] == "suppressed"
    assert band.count("suppressed") >= 2


def test_nor_by_how_many_of_a_year_are_persistently_absent(cast, term, monkeypatch):
    """Two of year 9 missed half or more: another table tells its persistently absent, as the four bands from a tenth."""
    run = run_trawl(school=cast.thornbridge, on=TO, by=None, at=datetime(2026, 11, 20, 16, tzinfo=UTC)).trawl
    bands = {8: [40, 7, 20, 20, 20, 9], 9: [40, 6, 30, 20, 25, 2]}
    monkeypatch.setattr(made, "summary", lambda *asked: Summary(239, {}, bands))
    (section,) = made.trawl_content(run)["sections"]
    year_nine = section["tables"][0]["rows"][1]
    assert year_nine[6] == "suppressed"
    assert year_nine[3:7].count("suppressed") >= 2


def test_what_is_frozen_already_is_referred_to_and_never_copied(cast, term, folder):
    paper = issue_paper(
        paper=draft_paper(school=cast.thornbridge, from_on=FROM, to_on=TO, by=cast.laila, at=MORNING), by=cast.laila, at=MORNING
    )  # fmt: skip
    study = issue_study(
        study=draft_study(pupil=cast.callum, from_on=FROM, to_on=TO, by=cast.laila, at=MORNING), by=cast.laila, at=MORNING
    )  # fmt: skip
    # An issued paper is printed in its turn; whoever needs it before has it printed.
    first = put(cast, folder, f"paper:{paper.pk}", why="The governors' first look")
    paper.refresh_from_db()
    before = StoredFile.objects.count()
    second = put(cast, folder, f"study:{study.pk}")
    assert (first.file_id, second.file_id, StoredFile.objects.count()) == (paper.file_id, study.file_id, before)
    assert [line.name for line in lines_of(folder, ())] == [
        "01 Governors' paper 23 Nov 2026.pdf",
        "02 Case study Pupil A 23 Nov 2026.pdf",
    ]
    assert not first.names_pupils
    assert not second.names_pupils
    with pytest.raises(Refused, match="not offered again"):
        put(cast, folder, f"paper:{paper.pk}")
    assert "Ashworth" not in str(list(EvidenceEntry.objects.values()))


@pytest.mark.parametrize("key", MADE)
def test_figures_are_read_and_frozen_when_they_are_put_in(cast, term, folder, key):
    entry = put(cast, folder, f"part:{key}")
    text = text_of(bytes(entry.file.content))
    assert MADE[key].title in text
    assert "Wed 2 Sep 2026 to Fri 20 Nov 2026" in text
    assert entry.section == MADE[key].section
    assert not [one for one in ("Ashworth", "Pupil07", "Maddox") if one in text]
    before = bytes(entry.file.content)
    Mark.objects.filter(school=cast.thornbridge, code="O").update(code="I")
    entry.refresh_from_db()
    assert bytes(StoredFile.objects.get(pk=entry.file_id).content) == before


def test_a_view_of_the_explorer_is_kept_as_its_reader_sees_it_and_marked(cast, term, folder):
    view = SavedView.objects.create(
        school=cast.thornbridge, owner=cast.laila, name="Year 9 by name", query="view=list&year=9", made_at=MORNING
    )
    entry = put(cast, folder, f"view:{view.pk}")
    assert entry.names_pupils
    assert "Ashworth" in text_of(bytes(entry.file.content))
    assert "Year 9" in entry.receipt
    assert "as Ms L. Noor sees it" in entry.receipt
    laila, sol, gov = (one.standing.allowed(folder.school_id) for one in (cast.laila, cast.sol, cast.gov))
    # Made for a lead who sees safeguarding: leadership, which does not, is not shown it.
    assert [lines_of(folder, allowed)[0].is_open for allowed in (laila, sol, gov)] == [True, False, False]
    # Another's own view is not offered.
    assert f"view:{view.pk}" not in {one.key for one in offers_of(folder, cast.sol)}


def test_a_report_is_put_in_as_it_was_sent_and_names_pupils(cast, folder):
    subscribe(school=cast.thornbridge, user=cast.sol, report="friday", year_group=None, by_mail=False, by=cast.laila, at=MORNING)  # fmt: skip
    mark_week(cast.nine_a, WEEK, by=cast.sandra, codes={cast.callum.pk: lambda *_: "O"})
    send_week(school=cast.thornbridge, on=WEEK[-1], by=cast.laila, at=MORNING)
    offered = [one.key for one in offers_of(folder, cast.sol) if one.key.startswith("report:")]
    assert len(offered) == 1
    entry = put(cast, folder, offered[0], by=cast.sol)
    assert (entry.names_pupils, entry.file.purpose) == (True, "report")
    assert lines_of(folder, cast.sol.standing.allowed(folder.school_id))[0].is_open
    assert [one.key for one in offers_of(folder, cast.laila) if one.key.startswith("report:")] == []


def test_a_document_is_known_by_its_content_and_refused_in_words(cast, folder):
    assert document(cast, folder).file.kind == "application/pdf"
    for name, content, words in (
        ("Plan.docx", b"PK\x03\x04 broken", "no PDF, PNG, Word or Excel"),
        ("Plan.pdf", b"MZ\x90", "no PDF, PNG, Word or Excel"),
        ("Empty.pdf", b"", "is empty"),
        ("Large.pdf", b"%PDF-" + b"x" * (10 * 1024 * 1024), "at most 10 MB"),
    ):
        with pytest.raises(Refused, match=words):
            document(cast, folder, name, content)
    book = BytesIO()
    with ZipFile(book, "w") as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    row = document(cast, folder, "Figures.xlsx", book.getvalue(), title="")
    assert (row.title, lines_of(folder, ())[1].name) == ("Figures", "02 Figures 23 Nov 2026.xlsx")
    assert EvidenceEntry.objects.count() == 2


def test_entries_are_ordered_moved_explained_and_taken_out(cast, folder):
    first = document(cast, folder, content=b"%PDF-1 a", title="First")
    second = document(cast, folder, content=b"%PDF-1 b", title="Second")
    groups = document(cast, folder, content=b"%PDF-1 c", title="Groups", section="groups")
    order = lambda: [line.entry.title for line in lines_of(folder, ())]  # noqa: E731
    actions.move_entry(entry=second, up=True, by=cast.laila, at=MORNING)
    assert order() == ["Second", "First", "Groups"]
    actions.move_entry(entry=second, up=True, by=cast.laila, at=MORNING)
    assert order() == ["Second", "First", "Groups"]
    actions.change_entry(entry=groups, section="leadership", why="Widest gap", by=cast.laila, at=MORNING)
    assert order() == ["Second", "First", "Groups"]
    groups.refresh_from_db()
    assert (groups.section, groups.why, groups.place) == ("leadership", "Widest gap", 3)
    with pytest.raises(Refused, match="Choose the section"):
        actions.change_entry(entry=groups, section="other", why="", by=cast.laila, at=MORNING)
    actions.take_out(entry=first, by=cast.laila, at=MORNING)
    assert order() == ["Second", "Groups"]
    with pytest.raises(Refused, match="not in the folder any more"):
        actions.take_out(entry=first, by=cast.laila, at=MORNING)
    line = Entry.objects.get(verb="changed an evidence entry")
    assert (line.before, line.after["section"]) == ({"section": "groups", "why": "It is what we work by"}, "leadership")
    with pytest.raises(DatabaseError), transaction.atomic():
        EvidenceEntry.objects.all().delete()


def test_a_closed_folder_stays_as_it_is(cast, folder):
    with pytest.raises(Refused, match="nothing in the folder"):
        actions.close_folder(folder=folder, by=cast.laila, at=MORNING)
    entry = document(cast, folder)
    actions.close_folder(folder=folder, by=cast.laila, at=MORNING)
    closed = Entry.objects.get(verb="closed an evidence folder")
    assert closed.after["files"] == [["Attendance plan", entry.file.sha256]]
    for act in (
        lambda: document(cast, folder, content=b"%PDF-1 other"),
        lambda: put(cast, folder, "part:trend"),
        lambda: actions.take_out(entry=entry, by=cast.laila, at=MORNING),
        lambda: actions.move_entry(entry=entry, up=True, by=cast.laila, at=MORNING),
        lambda: actions.write_folder(folder=folder, title="Other", purpose="", by=cast.laila, at=MORNING),
        lambda: actions.close_folder(folder=folder, by=cast.laila, at=MORNING),
    ):
        with pytest.raises(Refused, match="closed, and stays"):
            act()
    with pytest.raises(DatabaseError), transaction.atomic():
        EvidenceFolder.objects.update(title="Other")


def unzip(answer):
    assert answer["Content-Type"] == "application/zip", answer.content[:200]
    with ZipFile(BytesIO(answer.content)) as book:
        return {name: book.read(name) for name in book.namelist()}


def test_the_whole_goes_out_with_its_index_and_what_names_pupils_only_when_asked(cast, folder, sign_in, at_morning):
    plan, panel = document(cast, folder), named(cast, folder)
    at = f"/evidence/{folder.pk}/zip/"
    found = unzip(sign_in(cast.laila).post(at))
    assert list(found) == ["00 Contents.pdf", "01 Attendance plan 23 Nov 2026.pdf"]
    text = text_of(found["00 Contents.pdf"])
    assert "This copy leaves out 1 file that names pupils." in text
    assert plan.file.sha256 in text.replace(" ", "")
    assert "Panel minutes" not in text
    line = Entry.objects.filter(verb="downloaded an evidence folder").latest("pk")
    assert line.after == {
        "files": [["01 Attendance plan 23 Nov 2026.pdf", plan.file.sha256]],
        "left_out": ["02 Panel minutes 23 Nov 2026.pdf"],
    }
    whole = unzip(sign_in(cast.laila).post(at, {"named": "1"}))
    assert whole["02 Panel minutes 23 Nov 2026.pdf"] == bytes(panel.file.content)
    assert "Panel minutes (names pupils)" in text_of(whole["00 Contents.pdf"])
    # Leadership sees pupils and may not export: the tick is not offered, and changes nothing.
    assert "With 1 that names pupils" not in sign_in(cast.sol).get(f"/evidence/{folder.pk}/").content.decode()
    assert list(unzip(sign_in(cast.sol).post(at, {"named": "1"}))) == list(found)


def test_a_folder_of_names_alone_does_not_go_out_unasked(cast, folder, sign_in, at_morning):
    named(cast, folder)
    answer = sign_in(cast.laila).post(f"/evidence/{folder.pk}/zip/", follow=True)
    assert "Nothing in this folder may go out like this." in answer.content.decode()
    assert not Entry.objects.filter(verb="downloaded an evidence folder").exists()


def test_leadership_fills_a_folder_on_its_page(cast, term, sign_in, at_morning, count_queries):
    client = sign_in(cast.sol)
    assert "No folder yet." in client.get("/evidence/").content.decode()
    client.post("/evidence/make/", {"title": "Inspection", "purpose": "To show", "period": "year"})
    folder = EvidenceFolder.objects.get()
    at = f"/evidence/{folder.pk}/"
    client.post(f"{at}act/", {"act": "put", "what": "part:groups", "why": "The gaps we work on"})
    file = SimpleUploadedFile("Plan.pdf", b"%PDF-1.7 plan")
    client.post(f"{at}document/", {"file": file, "section": "action", "why": "", "title": ""})
    wrong = client.post(f"{at}document/", {"file": SimpleUploadedFile("Plan.pdf", b"MZ"), "section": "action"})
    assert wrong.status_code == 422
    assert "Plan.pdf is no PDF" in wrong.content.decode()
    assert [line.entry.title for line in lines_of(folder, ())] == ["Groups and their gaps", "Plan"]
    with count_queries(12):
        page = client.get(at).content.decode()
    assert "The gaps we work on" in page
    entry = folder.entries.get(source="part:groups")
    answer = client.get(f"{at}{entry.pk}/file/")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert Entry.objects.filter(verb="opened a file of an evidence folder").count() == 1
    client.post(f"{at}act/", {"act": "close"})
    closed = client.get(at).content.decode()
    assert "Closed Mon 23 Nov 2026" in closed
    assert "Put it in" not in closed
    listed = sign_in(cast.laila).post(f"{at}export/csv/").content.decode()
    assert "The gaps we work on" in listed


def test_who_keeps_none_reads_and_governors_and_other_schools_see_nothing(cast, folder, sign_in, at_morning):
    entry = named(cast, folder)
    at = f"/evidence/{folder.pk}/"
    assert sign_in(cast.gov).get(at).status_code == 403
    assert sign_in(cast.sandra).get(at).status_code == 403
    page = sign_in(cast.tess).get(at)
    assert (page.status_code, "Put it in" in page.content.decode()) == (200, False)
    assert sign_in(cast.tess).get(f"{at}{entry.pk}/file/").status_code == 200
    assert sign_in(cast.tess).post(f"{at}act/", {"act": "close"}).status_code == 403
    other = actions.make_folder(
        school=cast.ridgeway, title="Theirs", purpose="", from_on=FROM, to_on=TO, by=cast.olly, at=MORNING
    )
    assert sign_in(cast.laila).get(f"/evidence/{other.pk}/").status_code == 404


def test_a_file_that_needs_more_than_its_reader_may_see_is_not_given(cast, term, folder, sign_in, at_morning):
    view = SavedView.objects.create(
        school=cast.thornbridge, owner=cast.laila, name="Names", query="view=list", made_at=MORNING
    )
    entry = put(cast, folder, f"view:{view.pk}")
    path = f"/evidence/{folder.pk}/{entry.pk}/file/"
    assert sign_in(cast.laila).get(path).status_code == 200
    assert sign_in(cast.sol).get(path).status_code == 404
    assert "For who may see all it tells" in sign_in(cast.sol).get(f"/evidence/{folder.pk}/").content.decode()


def test_a_folder_wants_a_title_and_days(cast):
    usual = {"school": cast.thornbridge, "purpose": "", "by": cast.laila, "at": MORNING}
    with pytest.raises(Refused, match="title"):
        actions.make_folder(title=" ", from_on=FROM, to_on=TO, **usual)
    with pytest.raises(Refused, match="last day is before"):
        actions.make_folder(title="One", from_on=TO, to_on=TO - timedelta(days=1), **usual)
    assert date(2026, 9, 2) == FROM
