"""Issuing freezes at once and printing follows: once, whoever else is at it, and again where it broke half way."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, close_old_connections, transaction

from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.models import Amendment, Mark, StoredFile
from reporting.actions import papers as actions
from reporting.models import Paper
from reporting.tasks import print_papers
from tests.conftest import MORNING
from tests.reporting.papers.test_papers import draft, school  # noqa: F401 - the school that is written about


@pytest.fixture
def issued(cast, school):  # noqa: F811
    return actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)


def test_a_paper_is_frozen_when_it_is_issued_and_printed_once(cast, issued, at_morning):
    assert (issued.state, issued.file) == ("issued", None)
    assert print_papers() == 1
    assert print_papers() == 0
    issued.refresh_from_db()
    first = bytes(issued.file.content)
    assert first[:5] == b"%PDF-"
    assert actions.print_paper(paper_id=issued.pk, by=None, at=MORNING).pk == issued.file_id
    assert StoredFile.objects.filter(purpose=StoredFile.Purpose.PAPER).count() == 1
    assert list(Entry.objects.filter(subject_kind="paper").order_by("pk").values_list("verb", flat=True)) == [
        "drafted a paper", "issued a paper", "printed a paper",
    ]  # fmt: skip


def test_who_opens_the_pdf_before_a_worker_came_is_given_it(cast, issued, sign_in, at_morning):
    answer = sign_in(cast.gov).get(f"/papers/{issued.pk}/file/")
    issued.refresh_from_db()
    assert answer.content == bytes(issued.file.content)


def test_a_printing_that_breaks_half_way_leaves_nothing_and_is_begun_again(cast, issued, monkeypatch, at_morning):
    def killed(*args, **kwargs):
        raise SystemExit(9)

    with monkeypatch.context() as broken:
        broken.setattr(actions, "_say", killed)
        with pytest.raises(SystemExit):
            actions.print_issued(at=MORNING)
    assert not StoredFile.objects.filter(purpose=StoredFile.Purpose.PAPER).exists()
    assert print_papers() == 1


def test_one_that_cannot_be_printed_keeps_no_other_from_it(cast, issued, monkeypatch, caplog):
    second = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    prints = actions.printed

    def picky(paper):
        if paper.pk == issued.pk:
            raise ValueError("no ink")
        return prints(paper)

    with monkeypatch.context() as broken:
        broken.setattr(actions, "printed", picky)
        assert actions.print_issued(at=MORNING) == 1
    assert f"Paper {issued.pk} could not be printed." in caplog.text
    second.refresh_from_db()
    assert second.file is not None
    assert actions.print_issued(at=MORNING) == 1


def test_an_issued_paper_is_not_changed_by_any_hand(cast, issued):
    rows = Paper.objects.filter(pk=issued.pk)
    for change in ({"asks": "Other"}, {"content": {"headline": []}}, {"state": "draft"}):
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            rows.update(**change)
    actions.print_paper(paper_id=issued.pk, by=None, at=MORNING)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        rows.update(file=None)


def test_a_draft_is_not_printed_and_strange_letters_are_named(cast, school):  # noqa: F811
    paper = draft(cast)
    with pytest.raises(Refused, match="Only an issued paper"):
        actions.print_paper(paper_id=paper.pk, by=None, at=MORNING)
    paper = actions.write_paper(
        paper=paper, title="Autumn", headline="Well done \U0001f389", asks="", by=cast.laila, at=MORNING
    )
    with pytest.raises(Refused, match="no letter for \U0001f389"):
        actions.issue_paper(paper=paper, by=cast.laila, at=MORNING)
    paper.refresh_from_db()
    assert paper.state == "draft"


def test_marks_corrected_afterwards_leave_the_paper_and_its_page_says_so(cast, issued, sign_in, at_morning):
    client = sign_in(cast.gov)
    before = issued.content
    assert "Since it was issued" not in client.get(f"/papers/{issued.pk}/").content.decode()
    changed = Mark.objects.filter(school=cast.thornbridge, code="O").order_by("pk")
    later = MORNING + timedelta(hours=1)
    with trail.signed(by=cast.laila, at=later, school_id=cast.thornbridge.pk, reason="They were here"):
        Mark.objects.filter(pk__in=list(changed.values_list("pk", flat=True)[:6])).update(code="/")
    assert Amendment.objects.filter(school_id=cast.thornbridge.pk).count() == 6
    page = client.get(f"/papers/{issued.pk}/").content.decode()
    issued.refresh_from_db()
    assert issued.content == before
    assert "of the marks of these days 6 were amended. Attendance now reads 93.3 %; the paper says 92.4 %." in page
    assert "The paper stays as it was issued" in page


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_issue_at_once_one_issues_it(cast, school):  # noqa: F811
    paper = draft(cast)
    outcomes, together = [], threading.Barrier(2)

    def press():
        together.wait()
        try:
            actions.issue_paper(paper=paper, by=cast.laila, at=MORNING)
            outcomes.append("issued")
        except Refused:
            outcomes.append("refused")
        finally:
            close_old_connections()

    hands = [threading.Thread(target=press) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(60)
    assert sorted(outcomes) == ["issued", "refused"]
    assert Entry.objects.filter(verb="issued a paper").count() == 1
