"""A paper has six to eight pages, tagged and with bookmarks, in schools of every shape; what is lacking is said in words."""

import random
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from letters.models import Letter
from reporting.actions import papers as actions
from tests.conftest import MORNING
from tests.factories.cast import put_on_roll
from tests.factories.letters import give_policy, make_sent
from tests.factories.staff import TutorGroupFactory
from tests.reporting.conftest import put

WHOLE_YEAR = (date(2025, 9, 3), date(2026, 7, 17))
AUTUMN = (date(2026, 9, 2), date(2026, 11, 20))
FIRST_WEEK = (date(2026, 9, 2), date(2026, 9, 4))
SHAPES = {
    "eleven year groups and a whole year": (range(1, 12), 12, WHOLE_YEAR),
    "a secondary school's autumn": (range(7, 12), 30, AUTUMN),
    "a primary school's autumn": (range(7), 15, AUTUMN),
    "a special school of sixty": (range(7, 12), 12, AUTUMN),
    "the first days of a first year": (range(7, 12), 12, FIRST_WEEK),
}


def marked(cast, years, many, first, last):
    """Fill the school's year groups, mark the days, and send thirty letters where there is time for what follows."""
    rng = random.Random(3)
    pupils = []
    for year in years:
        form = TutorGroupFactory(school=cast.thornbridge, name=f"{year}P", year_group=year)
        pupils += put_on_roll(
            *(
                (
                    form,
                    f"Quillfeather{year:02d}{n:02d}",
                    "Marigold",
                    {
                        "sex": rng.choice("FM"), "is_pp": (pp := n % 3 == 0), "is_fsm": pp and n % 2 == 0,
                        "sen": rng.choice("NNNKE"), "is_eal": n % 5 == 0,
                    },
                )
                for n in range(many)
            )
        )  # fmt: skip
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    marks = {}
    for at, pupil in enumerate(pupils):
        away = (0.02, 0.04, 0.08, 0.12, 0.17, 0.3)[at % 6] if at % 29 else 0.7
        for on in days:
            if on.weekday() < 5:
                for half, code in (("AM", "/"), ("PM", "\\")):
                    marks[pupil, on, half] = rng.choice("IO") if rng.random() < away else code
    put(cast.thornbridge, marks)
    cast.policies = {level: give_policy(cast.thornbridge, level, below=below) for level, below in ((1, 95), (2, 90))}
    if (last - first).days > 70:
        for n, pupil in enumerate(pupils[2::3][:30]):
            send(cast, pupil, first + timedelta(days=30 + n % 5), level=1 + n % 2)
    return pupils


def send(cast, pupil, on, level):
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    letter = Letter.objects.create(
        school=cast.thornbridge, key=f"{level}:{pupil.pk}:{on}", kind=f"level_{level}", pupil=pupil,
        version=cast.policies[level].template.versions.get(), channel="post", to_name="Home", to_address="1 Lane",
        proposed_on=on, proposed_at=at - timedelta(hours=1),
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(approved_at=at, approved_by=cast.sandra)
    letter.refresh_from_db()
    make_sent(letter, by=cast.sandra, at=at)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_paper_has_six_to_eight_pages_and_names_nobody(cast, shape, tmp_path):
    years, many, (first, last) = SHAPES[shape]
    marked(cast, years, many, first, last)
    if shape != "the first days of a first year":
        actions.set_baseline(school=cast.thornbridge, on=last, attendance=93, note="DfE", by=cast.laila, at=MORNING)
    paper = actions.draft_paper(school=cast.thornbridge, from_on=first, to_on=last, by=cast.laila, at=MORNING)
    paper = actions.issue_paper(paper=paper, by=cast.laila, at=MORNING)
    content = bytes(actions.print_paper(paper_id=paper.pk, by=None, at=MORNING).content)
    (tmp_path / "paper.pdf").write_bytes(content)
    reader = PdfReader(BytesIO(content))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert 6 <= len(reader.pages) <= 8
    assert "Quillfeather" not in text
    assert reader.metadata.title == f"{paper}, Thornbridge Academy"
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en-GB", True)
    marks = [one.title for one in reader.outline if not isinstance(one, list)] + [
        inner.title for one in reader.outline if isinstance(one, list) for inner in one if not isinstance(inner, list)
    ]
    assert {"In short", "Groups and their gaps", "Letters, and what followed them", "How it is counted"} <= set(marks)
    assert "No marks of a year before are on record" in text
    assert "at the same time last year" not in " ".join(paper.content["headline"])
    sections = {part["key"]: part for part in paper.content["sections"]}
    if shape == "the first days of a first year":
        assert "What DfE expects of the school in 2026/27 has not been entered." in text
        assert text.count("No letter of a level went in these days.") == 2
    else:
        assert "What is expected of the school in" in text
        assert [chart["title"] for chart in sections["letters"]["charts"]] == [
            "Change of attendance, four weeks before to four weeks after"
        ]
    for key in ("trend", "persistent", "groups", "years", "lates", "letters", "fairness"):
        for chart in sections[key]["charts"]:
            # Under each chart stands a table, its own or the section's.
            assert chart["rows"] or any(table["rows"] for table in sections[key]["tables"]), key
