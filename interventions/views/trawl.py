"""Persistent absence: the latest run with what moved, any two runs side by side, and the pupils behind each number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.jobs.models import Run
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.charts import Line, LineChart, spoken
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from interventions.actions import trawl_asks as actions
from interventions.models import CaseProposal, TrawlAsk
from interventions.queries import trawl_pages as answers
from interventions.queries.pattern_steps import followed
from interventions.queries.patterns import flags_of, patterns_of
from interventions.queries.trawl_pages import Asked, Page, Reading, Row
from interventions.queries.trawls import last_ask, last_job
from interventions.rules.trawl import BANDS, MOVED_SHORT, MOVED_WORDS, Moved
from registers.models import Pupil
from registers.queries.pupils import years_taught

SIZES: Final = {"100": 100, "all": 100_000}
_LEAST_POINTS: Final = 2
_NEWS_FOR: Final = timedelta(hours=1)
_DOWN: Final = (Moved.BELOW_50, Moved.BELOW_90, Moved.BELOW_95, Moved.BROKE_RUN)
_UP: Final = (Moved.ABOVE_50, Moved.ABOVE_90, Moved.ABOVE_95, Moved.RECOVERED)


@require_GET
@door(Can.SEE_TRAWL, section="figures")
def trawl(request: StaffRequest) -> HttpResponse:
    """Show a run, its movements first; the latest against the week before unless others are asked for."""
    asked = Asked.of(request.GET)
    size = SIZES.get(request.GET.get("size", ""), SIZES["100"])
    number = max(1, int(n)) if (n := request.GET.get("page", "")).isdecimal() and len(n) < len("1000000") else 1
    today = clock.today()
    page = answers.page_of(request.school, request.user, asked, on=today, limit=size, offset=(number - 1) * size)
    job, ask = last_job(request.school), last_ask(request.school)
    context: dict[str, Any] = {
        "asked": asked,
        "job": job,
        "ask": ask,
        "sees_all": request.user.standing.sees_all(request.school.pk),
        "ask_says": ask is not None and (ask.is_open or _is_news(ask)),
        "job_is_running": job is not None and job.state == Run.State.RUNNING,
        "job_failed": job is not None and job.state in {Run.State.FAILED, Run.State.MISSED},
        "may_run": may(request, Can.RUN_JOBS),
        "read": page,
    }
    if page is None:
        return render(request, "interventions/trawl.html", context)
    context |= {
        "paged": Paginator(range(page.total), size).get_page(number),
        "down": [(one, MOVED_WORDS[one], page.numbers.moves.get(one, 0)) for one in _DOWN],
        "up": [(one, MOVED_WORDS[one], page.numbers.moves.get(one, 0)) for one in _UP],
        "came": [(one, MOVED_WORDS[one], page.numbers.moves.get(one, 0)) for one in (Moved.NEW, Moved.LOST)],
        "bands": BANDS,
        "by_year": [(year, list(zip(BANDS, row, strict=True)), sum(row)) for year, row in page.numbers.bands.items()],
        "band_totals": [sum(row[place] for row in page.numbers.bands.values()) for place in range(len(BANDS))],
        "counted": page.numbers.pupils - sum(page.numbers.without.values()),
        "without": sum(page.numbers.without.values()),
        "band_choices": [(key, words) for key, (words, _) in answers.CHOICES.items()],
        "moves": [("any", "Moved at all"), *((one.value, MOVED_WORDS[one]) for one in Moved)],
        "moved": "any" if asked.moved_only else asked.move.value if asked.move else "",
        "years": years_taught(request.school),
        "groups": answers.groups_of(request.school),
        "heads": _heads(asked),
        "size": size,
        "may_work": may(request, Can.WORK_PROPOSALS),
        "open_proposals": answers.open_proposals(request.school, request.user).count(),
    }
    return render(request, "interventions/trawl.html", context)


def _is_news(ask: TrawlAsk) -> bool:
    """Tell whether what became of a trawl that was asked for is still worth a line: for an hour after its end."""
    return ask.ended_at is not None and clock.now() - ask.ended_at < _NEWS_FOR


def _heads(asked: Asked) -> list[tuple[str, str, str, str]]:
    """Give the heads of the list: key, words, what a press sorts by, and how it is sorted now."""
    found = []
    for key, words in (
        ("name", "Pupil"), ("form", "Form"), ("rate", "Year to date"), ("change", "Change, points"),
        ("term", "This term"), ("weeks", "Last four weeks"), ("missed", "Missed"), ("broken", "Broken weeks"),
    ):  # fmt: skip
        is_on = asked.sort == key
        state = ("descending" if asked.is_reversed else "ascending") if is_on else ""
        found.append((key, words, f"-{key}" if is_on and not asked.is_reversed else key, state))
    return found


@require_POST
@door(Can.RUN_JOBS, section="figures")
@door(Can.SEE_TRAWL)
def trawl_now(request: StaffRequest) -> HttpResponse:
    """Ask for a count to now: a worker makes it, and the page says when it has ended."""
    try:
        actions.ask_trawl(school=request.school, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("interventions:trawl")


@require_GET
@door(Can.SEE_TRAWL, section="figures")
def trawl_progress(request: StaffRequest) -> HttpResponse:
    """Say how far the trawl that was asked for is; the page goes on by itself when it is over."""
    ask = last_ask(request.school)
    told = {"ask": ask, "sees_all": request.user.standing.sees_all(request.school.pk)}
    answer = render(request, "interventions/trawl.html#ask", told)
    if ask is None or not ask.is_open:
        answer["HX-Refresh"] = "true"
    return answer


_HEADS: Final = (
    Column("Surname"), Column("Forename"), Column("UPN"), Column("Form"), Column("Year"),
    Column("Attendance %", is_share=True), Column("Attended"), Column("Possible"), Column("Authorised absence"),
    Column("Unauthorised absence"), Column("Late"), Column("Band of absence"), Column("Change, points", is_points=True),
    Column("Term %", is_share=True), Column("Term attended"), Column("Term possible"),
    Column("Four weeks %", is_share=True), Column("Four weeks attended"), Column("Four weeks possible"),
    Column("Broken weeks"), Column("In a row"), Column("Weeks without absence"), Column("Moved"),
)  # fmt: skip


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_TRAWL)
def trawl_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the pupils as they are narrowed, all of them."""
    asked = Asked.of(narrowed(request).GET)
    page = answers.page_of(request.school, request.user, asked, on=clock.today(), limit=None)
    rows = [_exported(row) for row in page.rows] if page else []
    what = f"persistent absence {page.run.on:%Y-%m-%d}" if page else "persistent absence"
    return send_list(request, form, what=what, columns=_HEADS, rows=rows, filters=_said(page))


def _said(page: Page | None) -> str:
    if page is None:
        return "no run yet"
    said = f"run of {page.run.on:%d %b %Y} counted to {page.run.counted_to:%d %b %Y}"
    if page.since:
        said += f", since {page.since.on:%d %b %Y}"
    asked = page.asked
    said += f"; band: {answers.CHOICES[asked.band][0].lower()}"
    said += f"; year {asked.year}" if asked.year is not None else ""
    said += f"; {MOVED_SHORT[asked.move]}" if asked.move else "; moved at all" if asked.moved_only else ""
    return said + (f"; group {asked.group}" if asked.group else "") + (f"; called {asked.q}" if asked.q else "")


def _exported(row: Row) -> list[Cell]:
    said = row.line.shown
    return [
        row.pupil.legal_surname, row.pupil.forename, row.pupil.upn, row.form, said.year_group,
        said.year.attendance_rate, said.year.attended, said.year.possible, said.year.authorised,
        said.year.unauthorised, said.year.late, said.band_words, row.line.change,
        said.term.attendance_rate, said.term.attended, said.term.possible,
        said.weeks.attendance_rate, said.weeks.attended, said.weeks.possible,
        said.broken_weeks, said.broken_run, said.good_run, "; ".join(row.line.move_words),
    ]  # fmt: skip


@require_GET
@door(Can.SEE_TRAWL, section="pupils")
def pupil_absence(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one pupil over the runs of the year: a page of its own, and a part of the pupil's page."""
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school).select_related("school", "tutor_group")
    pupil = get_object_or_404(seen, pk=pk)
    readings, flags = answers.readings_of(pupil), patterns_of(pupil)
    context = {
        "pupil": pupil,
        "readings": [(one, [MOVED_SHORT[move] for move in one.moves]) for one in readings],
        "chart": _over_the_runs(readings[::-1]),
        "flags": flags_of(flags, request.user, followed(flags)),
        "proposals": CaseProposal.objects.filter(pupil=pupil).select_related("settled_by").order_by("-proposed_at"),
    }
    name = "interventions/pupil_absence.html"
    return render(request, f"{name}#panel" if request.headers.get("HX-Request") else name, context)


def _over_the_runs(readings: Sequence[Reading]) -> LineChart | None:
    """Give a pupil's line over the runs as a chart, the earliest first; None under two."""
    if len(readings) < _LEAST_POINTS:
        return None
    names = [f"{one.trawl.on.day} {one.trawl.on:%b}" for one in readings]
    year = tuple(one.line.year.attendance_rate for one in readings)
    return LineChart(
        key="over-the-runs",
        title="Attendance, trawl by trawl",
        words=f"From {spoken(year[0])} at the first trawl to {spoken(year[-1])} at the last.",
        lines=(Line("Year", year), Line("Weeks", tuple(one.line.weeks.attendance_rate for one in readings))),
        marks=tuple(names),
        places=tuple(names),
        heading="Trawl",
    )
