"""The governors' paper of a school of 1,200 with a whole year of marks: pressing Issue, and printing in a worker.

The goal is on the seconds. The floor, for scale, is one GROUP BY of the same marks.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction

from attendance_office.staff.models import School, User
from letters.pdf import pages
from reporting.actions.papers import draft_paper, issue_paper, print_paper, printed

from .ground import median_ms, row
from .year_to_date import AT, FROM, ON, count_marks, demo_schools


def run() -> list[dict[str, Any]]:
    """Measure; make the data at the first call."""
    school = School.objects.get(pk=demo_schools()[0])
    author = User.objects.filter(posts__school=school, posts__role="lead").first()
    assert author is not None
    with transaction.atomic():
        paper = draft_paper(school=school, from_on=FROM, to_on=ON, by=author, at=AT)
        began = time.perf_counter()
        paper = issue_paper(paper=paper, by=author, at=AT)
        issued = time.perf_counter()
        file = print_paper(paper_id=paper.pk, by=None, at=AT)
        done = time.perf_counter()
        assert file is not None
        many = pages(bytes(file.content))
        warm = median_ms(lambda: printed(paper), 3) / 1000
        transaction.set_rollback(True)
    floor = median_ms(lambda: count_marks([school.pk]), 5) / 1000
    return [
        row(
            "governors' paper, from Issue to frozen: the request",
            issued - began,
            "s",
            goal=5,
            note=f"one GROUP BY of the same marks takes {floor:.3f} s",
        ),
        row(
            "governors' paper, printed: the first of a worker",
            done - issued,
            "s",
            goal=5,
            note=f"{many} pages; the next takes {warm:.2f} s",
        ),
        row("governors' paper, from Issue to the frozen PDF", done - began, "s", goal=10),
    ]
