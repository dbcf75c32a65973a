"""Papers: figures that agree with the explorer, nobody named, frozen when issued; what is expected of the school."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import pytest
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.models import Mark
from registers.rules.figures import Figures
from registers.rules.sessions import Session
from reporting.actions import papers as actions
from reporting.models import Baseline, Paper
from reporting.queries.beside import shares_of
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.papers import MAY_TELL, content_of, held_before
from reporting.queries.periods import Period
from reporting.queries.sheets import NO_RATE, SUPPRESSED
from reporting.rules.linked import held_back
from reporting.rules.linked_figures import PERSISTENT, of_whole
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.marks import take
from tests.factories.tagged import tags_of

FIRST = MONDAY - timedelta(days=14)


@pytest.fixture
def school(cast):
    """Thornbridge with thirty more pupils in 9A and two weeks of registers; five of them miss half of their sessions."""
    rows = [(cast.nine_a, f"Surname{n:02d}", f"Forename{n:02d}", {"is_pp": n % 3 == 0}) for n in range(30)]
    more = put_on_roll(*rows)
    away = {one.pk: "O" for one in more[:5]}
    for n in range(10):
        day = FIRST + timedelta(days=n + 2 * (n // 5))
        for half in ("AM", "PM"):
            at = MORNING - timedelta(days=(MONDAY - day).days) + timedelta(hours=5 * (half == "PM"))
            codes = away if half == "AM" else {}
            take(cast.nine_a, Session(day, half), by=cast.sandra, at=at, codes=codes)
    return cast.thornbridge


def draft(cast):
    return actions.draft_paper(school=cast.thornbridge, from_on=FIRST, to_on=MONDAY, by=cast.laila, at=MORNING)


def text_of(paper):
    file = actions.print_paper(paper_id=paper.pk, by=None, at=MORNING)
    reader = PdfReader(BytesIO(bytes(file.content)))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_the_paper_the_page_and_the_explorer_say_one_figure(cast, school, sign_in, at_morning):
    found = answer(Reader.of_school(school, allowed=MAY_TELL), Question(Period("own", "Own", FIRST, MONDAY)))
    tally = found.figures.tally
    assert tally.attendance_rate == Fraction(610, 660)
    paper = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    said = "Attendance is 92.4 %: pupils were here for 610 of 660 possible sessions."
    assert said in paper.content["headline"]
    assert said in text_of(paper)
    assert said in sign_in(cast.gov).get(f"/papers/{paper.pk}/").content.decode()
    assert "5 of 33 pupils are persistently absent" in " ".join(paper.content["headline"])


def test_nobody_is_named_and_small_numbers_are_held_back(cast, school):
    paper = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    text = text_of(paper)
    assert not [one for one in cast.pupils.values() if one.legal_surname in text]
    assert "Surname" not in text
    bands = next(part for part in paper.content["sections"] if part["key"] == "persistent")["tables"][0]
    assert {row[1] for row in bands["rows"] if row[0].startswith("Half") or row[0].startswith("50")} <= {
        "5",
        "suppressed",
    }


def test_what_was_issued_stays_as_it_is_whatever_the_register_becomes(cast, school):
    paper = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    actions.print_paper(paper_id=paper.pk, by=None, at=MORNING)
    paper.refresh_from_db()
    before = (paper.content, bytes(paper.file.content))
    Mark.objects.filter(school=school, code="O").update(code="I")
    paper.refresh_from_db()
    assert (paper.content, bytes(paper.file.content)) == before
    for act in (actions.issue_paper, actions.drop_paper):
        with pytest.raises(Refused, match="begin a new edition"):
            act(paper=paper, by=cast.laila, at=MORNING)
    with pytest.raises(Refused, match="begin a new edition"):
        actions.write_paper(paper=paper, title="Other", headline="", asks="", by=cast.laila, at=MORNING)
    with pytest.raises(DatabaseError), transaction.atomic():
        Paper.objects.all().delete()
    second = actions.next_edition(paper=paper, by=cast.laila, at=MORNING)
    assert (second.edition, second.replaces, str(second).endswith("edition 2")) == (2, paper, True)
    assert Entry.objects.filter(subject_kind="paper", verb="issued a paper").count() == 1


def test_a_next_edition_is_begun_once_and_from_the_last_one(cast, school):
    first = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    second = actions.next_edition(paper=first, by=cast.laila, at=MORNING)
    assert actions.next_edition(paper=first, by=cast.sol, at=MORNING) == second
    assert Paper.objects.filter(edition=2).count() == 1
    actions.issue_paper(paper=second, by=cast.laila, at=MORNING)
    with pytest.raises(Refused, match="Edition 2 is issued already: begin the next from that one"):
        actions.next_edition(paper=first, by=cast.laila, at=MORNING)
    third = actions.next_edition(paper=Paper.objects.get(pk=second.pk), by=cast.laila, at=MORNING)
    actions.drop_paper(paper=third, by=cast.laila, at=MORNING)
    assert actions.next_edition(paper=Paper.objects.get(pk=second.pk), by=cast.laila, at=MORNING).edition == 3


def test_governors_read_what_is_issued_and_no_draft(cast, school, sign_in, at_morning):
    paper = draft(cast)
    governor = sign_in(cast.gov)
    assert governor.get(f"/papers/{paper.pk}/").status_code == 404
    assert "No paper has been issued yet" in governor.get("/papers/").content.decode()
    actions.issue_paper(paper=paper, by=cast.laila, at=MORNING)
    assert governor.get(f"/papers/{paper.pk}/").status_code == 200
    answer = governor.get(f"/papers/{paper.pk}/file/")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert {"H1", "H2", "P", "Table", "TH", "TD", "Figure"} <= set(tags_of(answer.content))


def test_the_author_writes_into_a_draft_and_its_page_takes_a_fixed_number_of_queries(
    cast, school, sign_in, at_morning, count_queries
):
    paper = draft(cast)
    client = sign_in(cast.laila)
    client.post(
        f"/papers/{paper.pk}/act/", {"act": "write", "title": "Autumn", "headline": "A good start.", "asks": "Note it."}
    )
    with count_queries(36):
        page = client.get(f"/papers/{paper.pk}/").content.decode()
    assert "A good start." in page
    client.post(f"/papers/{paper.pk}/act/", {"act": "issue"})
    paper.refresh_from_db()
    assert (paper.state, paper.title) == ("issued", "Autumn")
    assert "A good start." in text_of(paper)


def test_what_is_expected_stands_on_the_paper_in_sessions_and_in_pupils_a_week(cast, school):
    actions.set_baseline(school=school, on=MONDAY, attendance=Decimal("95.00"), note="DfE", by=cast.laila, at=MORNING)
    said = " ".join(content_of(school, from_on=FIRST, to_on=MONDAY, at=MORNING)["headline"])
    # 95 % of 660 is 627: 17 more than 610, over three school weeks.
    assert "17 more sessions would have met it: 6 a week, as if 1 pupil more was here all week." in said
    actions.set_baseline(school=school, on=MONDAY, attendance=Decimal("92.40"), note="", by=cast.laila, at=MORNING)
    assert Baseline.objects.get().attendance == Decimal("92.40")
    assert "It is met so far" in " ".join(content_of(school, from_on=FIRST, to_on=MONDAY, at=MORNING)["headline"])
    with pytest.raises(Refused, match="from 50"):
        actions.set_baseline(school=school, on=MONDAY, attendance=Decimal("9.4"), note="", by=cast.laila, at=MORNING)


def test_the_gap_has_its_receipt_and_a_paper_of_last_year_takes_what_was_expected_then(
    cast, school, sign_in, at_morning
):
    client = sign_in(cast.laila)
    client.post("/papers/expected/", {"on": MONDAY.isoformat(), "attendance": "95.00", "note": "DfE, autumn"})
    client.post("/papers/expected/", {"on": "2026-07-31", "attendance": "94.10", "note": ""})
    assert sorted(Baseline.objects.values_list("school_year", "attendance")) == [
        ("2025/26", Decimal("94.10")), ("2026/27", Decimal("95.00")),
    ]  # fmt: skip
    content = content_of(school, from_on=FIRST, to_on=MONDAY, at=MORNING)
    part = next(part for part in content["sections"] if part["key"] == "expected")
    table = part["tables"][0]
    assert table["title"] == "What is expected of the school in 2026/27"
    assert table["rows"] == [["95.00 %", "660", "627", "610", "17", "3", "6", "1"]]
    assert "entered Mon 23 Nov 2026 by" in table["notes"][0]
    assert "DfE, autumn" in table["notes"][0]
    earlier = content_of(school, from_on=MONDAY - timedelta(days=200), to_on=MONDAY - timedelta(days=150), at=MORNING)
    assert "nothing to report yet" in earlier["headline"][0]

    client.post("/papers/expected/", {"on": MONDAY.isoformat(), "attendance": "95.50", "note": ""})
    page = client.get("/papers/").content.decode()
    assert "2025/26: 94.10 %, entered Mon 23 Nov 2026" in page
    assert "2026/27: 95.00 %, entered Mon 23 Nov 2026" in page
    for wrong in ({"on": "2024-01-01", "attendance": "95"}, {"on": MONDAY.isoformat(), "attendance": "ninety"}):
        client.post("/papers/expected/", wrong)
    assert (
        sign_in(cast.gov).post("/papers/expected/", {"on": MONDAY.isoformat(), "attendance": "91"}).status_code == 403
    )
    assert Baseline.objects.get(school_year="2026/27").attendance == Decimal("95.50")


def test_where_nothing_is_expected_the_paper_says_that_nobody_entered_it(cast, school):
    content = content_of(school, from_on=FIRST, to_on=MONDAY, at=MORNING)
    part = next(part for part in content["sections"] if part["key"] == "expected")
    assert "What DfE expects of the school in 2026/27 has not been entered." in part["words"]
    assert not any("expected" in line for line in content["headline"])


def test_the_headline_names_its_comparator_and_never_contradicts_the_tables(cast, school):
    content = content_of(school, from_on=FIRST, to_on=MONDAY, at=MORNING)
    said = " ".join(content["headline"])
    assert (
        "It is 0.9 percentage points higher than England, secondary (91.5 %, DfE's figures of 2025/26 from "
        "Mon 8 Sep 2025 to Fri 10 Jul 2026: sessions over possible sessions)."
    ) in said
    gaps = next(part for part in content["sections"] if part["key"] == "groups")["tables"][0]
    widest = min((row for row in gaps["rows"] if row[5].startswith("-")), key=lambda row: float(row[5]))
    words = f"({widest[1]} pupils) attended {widest[2]}, {widest[5][1:]} percentage points below everybody else ({widest[4]})"
    assert words in said


def test_two_papers_a_week_apart_hide_the_same_and_a_later_one_is_free(cast, school):
    first = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    again = actions.next_edition(paper=first, by=cast.laila, at=MORNING)
    assert held_before(again) == frozenset(first.content["held"])
    assert first.content["held"]
    later = actions.draft_paper(
        school=school, from_on=FIRST, to_on=MONDAY + timedelta(weeks=5), by=cast.laila, at=MORNING
    )
    assert held_before(later) == frozenset()


def test_an_empty_period_says_so(cast, db):
    content = content_of(cast.thornbridge, from_on=MONDAY, to_on=MONDAY, at=MORNING)
    assert content["headline"] == ["No possible session lies in these days: there is nothing to report yet."]


def test_another_schools_paper_is_not_there(cast, school, sign_in, at_morning):
    paper = actions.issue_paper(paper=draft(cast), by=cast.laila, at=MORNING)
    assert sign_in(cast.olly).get(f"/papers/{paper.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("some", "pupils", "said"),
    [
        (3, 120, SUPPRESSED),
        (118, 120, SUPPRESSED),
        (0, 120, SUPPRESSED),
        (120, 120, SUPPRESSED),
        (12, 120, Fraction(1, 10)),
        (0, 0, NO_RATE),
    ],
)
def test_the_share_persistently_absent_beside_dfe_does_not_give_away_a_small_number(some, pupils, said):
    figures = Figures(pupils=pupils, persistently_absent=some, severely_absent=0)
    held = held_back(of_whole(figures))
    assert shares_of(figures, {}, is_shy=True, hides_persistent=pupils > 0 and PERSISTENT in held)[-1] == said
