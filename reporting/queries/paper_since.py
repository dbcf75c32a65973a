"""What became of the register since a paper was issued: the paper stays, and its page says so."""

from __future__ import annotations

from attendance_office.web.templatetags.office import per_cent
from registers.models import Amendment, Mark, TakenBackMark
from registers.queries.figures import counts_by_school
from reporting.models import Paper
from reporting.rules.small_numbers import SMALL


def changed_since(paper: Paper) -> str:
    """Say how many marks of an issued paper's days came to be or were changed since, and what attendance reads now.

    Empty where nothing changed. At most four queries. A number of marks below five is not told: it would be set beside
    what is known of one pupil.
    """
    if paper.issued_at is None:
        return ""
    days = {"school_id": paper.school_id, "on__range": (paper.from_on, paper.to_on)}
    told = (
        ("were amended", Amendment.objects.filter(**days, at__gt=paper.issued_at).count()),
        ("were entered late", Mark.objects.filter(**days, recorded_at__gt=paper.issued_at).count()),
        ("were taken out", TakenBackMark.objects.filter(**days, at__gt=paper.issued_at).count()),
    )
    said = [f"{_many(number)} {what}" for what, number in told if number]
    if not said:
        return ""
    tally = counts_by_school([paper.school_id], paper.from_on, paper.to_on)[paper.school_id]
    now, then = str(per_cent(tally.attendance_rate)), paper.content.get("rate", "")
    reads = f"Attendance still reads {now}." if now == then else f"Attendance now reads {now}; the paper says {then}."
    return f"Since it was issued, of the marks of these days {', '.join(said)}. {reads if then else ''}".strip()


def _many(number: int) -> str:
    return f"fewer than {SMALL}" if number < SMALL else f"{number:,}"
