"""The pages of one pupil: attendance, marks, contacts, groups, record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.charts import Line, LineChart, spoken
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers import forms
from registers.actions.pupils import change_pupil
from registers.models import ContactFault, LessonMark, Membership, Parent, Pupil, SessionTimes
from registers.queries import figures, pupil_arrangements, pupil_frame, pupil_marks, pupil_record, pupils, years
from registers.queries.calendar import calendar_of, session_times
from registers.queries.field_history import contact_changes, latest_first, stay_changes
from registers.queries.imports import Origin, traced
from registers.queries.kept_words import reads_comments, reads_reasons
from registers.queries.pupil_marks import Change, Marked
from registers.queries.years import Period
from registers.rules.ages import school_year, school_year_starts
from registers.rules.sessions import Calendar, Session
from registers.tables.pupils import code_rows

MARKS_ON_A_PAGE = 60
AMENDMENTS_BESIDE_THE_YEAR = 6


def reach(request: StaffRequest, pk: int) -> Pupil:
    """Give a pupil of the present school within the person's reach; Http404 otherwise."""
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school).select_related("tutor_group")
    return get_object_or_404(seen, pk=pk)


@dataclass
class Look:
    """One pupil's period as a page shows it: now, or as it stood at an instant."""

    pupil: Pupil
    calendar: Calendar
    periods: list[Period]
    period: Period
    at: datetime
    as_at: datetime | None
    marks: list[Marked]
    due: list[Session]
    times: dict[str, SessionTimes]
    changed: list[Change] = field(default_factory=list)

    @property
    def now(self) -> Session | None:
        """Give the session the office is in."""
        return years.latest_session(self.due, clock.local(self.at).date())


def look(request: StaffRequest, pupil: Pupil, *, at: datetime, as_at: datetime | None = None) -> Look:
    """Read what the pages of attendance stand on, by the request's period."""
    instant = as_at or at
    on = clock.local(instant).date()
    calendar = calendar_of(pupil.school_id)
    periods = years.periods_of(calendar, on, _years(calendar))
    chosen = request.GET.get("period", "") or request.POST.get("period", "")
    period = next((one for one in periods if one.key == chosen), periods[0])
    allowed = request.user.standing.allowed(request.school.pk)
    now = pupil_marks.marks_of(pupil, period.from_on, period.to_on, allowed=allowed)
    marks = pupil_marks.as_stood(now, as_at) if as_at else now
    times = session_times(pupil.school_id, on)
    return Look(
        pupil=pupil,
        calendar=calendar,
        periods=periods,
        period=period,
        at=instant,
        as_at=as_at,
        marks=marks,
        due=years.sessions_due(pupil, calendar, period.from_on, period.to_on, instant, times=times),
        times=times,
        changed=pupil_marks.changes_since(now, marks) if as_at else [],
    )


def _years(calendar: Calendar) -> dict[str, tuple[date, date]]:
    found: dict[str, tuple[date, date]] = {}
    for term in calendar.terms:
        name = school_year(term.starts_on)
        first, last = found.get(name, (term.starts_on, term.ends_on))
        found[name] = (min(first, term.starts_on), max(last, term.ends_on))
    return found


def frame(request: StaffRequest, pupil: Pupil, tab: str, *, at: datetime, seen: Look | None = None) -> dict[str, Any]:
    """Give what each page of a pupil shows at its top; what the page has `seen` already is not asked again."""
    on = clock.local(at).date()
    covers = seen is not None and seen.as_at is None and seen.period.from_on <= on <= seen.period.to_on
    return pupil_frame.frame(
        pupil,
        tab,
        allowed=request.user.standing.allowed(request.school.pk),
        at=at,
        calendar=seen.calendar if seen else None,
        times=seen.times if seen and seen.as_at is None else None,
        today=[mark for mark in seen.marks if mark.session.on == on] if seen and covers else None,
    )


def attendance(seen: Look) -> dict[str, Any]:
    """Give what stands under the calendar, which an amendment draws again: totals, rolling rate, what was changed."""
    points = years.rolling(seen.marks)
    on = clock.local(seen.at).date()
    amended = sorted((one for mark in seen.marks for one in mark.amendments), key=lambda one: one.at, reverse=True)
    return {
        "period": seen.period,
        "receipt": years.receipt(seen.marks, seen.due),
        "chart": _rolling(points) if len(points) > 1 else None,
        "points": points,
        "so_far": _so_far(seen, on),
        "so_far_year": school_year(on),
        "amended": amended[:AMENDMENTS_BESIDE_THE_YEAR],
        "amended_count": len(amended),
    }


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a pupil's year at a glance, the totals with their receipt, the rolling rate and what was changed."""
    pupil, at = reach(request, pk), clock.now()
    asked = forms.AsItStoodAt(request.GET if "as_at" in request.GET else None, now=at)
    as_at = asked.cleaned_data["as_at"] if asked.is_bound and asked.is_valid() else None
    seen = look(request, pupil, at=at, as_at=as_at)
    calendar = years.year_of_codes(seen.marks, seen.due, years.weeks_shown(seen.calendar, seen.period), now=seen.now)
    on = clock.local(at).date()
    allowed = request.user.standing.allowed(request.school.pk)
    sees_notes = may(request, Can.LOG_ABSENCE) or may(request, Can.SEE_MARK_REASONS)
    context = frame(request, pupil, "attendance", at=at, seen=seen) | attendance(seen)
    context |= {
        "periods": seen.periods,
        "weeks": calendar.weeks,
        "rows": code_rows(
            calendar,
            period=seen.period.key,
            amends=as_at is None and may(request, Can.AMEND_MARKS),
            pupil_id=pupil.pk,
        ),
        "asked": asked,
        "as_at": as_at,
        "changed": seen.changed,
        "notes": pupil_arrangements.notes_of(pupil, on, allowed=allowed) if sees_notes else None,
        "may_log": may(request, Can.LOG_ABSENCE),
        "agreements": pupil_arrangements.agreements_of(pupil, on) if may(request, Can.SEE_AGREEMENTS) else None,
        "may_agree": may(request, Can.KEEP_AGREEMENTS),
    }
    return render(request, "registers/pupil_detail.html", context, status=422 if asked.errors else 200)


def _so_far(seen: Look, on: date) -> Any:
    """Give the school year so far: from the figures, or counted from the marks as they stood."""
    pupil, first = seen.pupil, school_year_starts(on)
    if seen.as_at is None:
        found = figures.counts_by_pupil(pupil.school_id, first, on, [pupil.pk])
        return found[0].tally if found else None
    stood = pupil_marks.as_stood(pupil_marks.marks_of(pupil, first, on, allowed=()), seen.as_at)
    return years.receipt(stood, [mark.session for mark in stood]).tally


def _months(points: list[years.Point]) -> list[str]:
    names, before = [], None
    for point in points:
        month = (point.session.on.year, point.session.on.month)
        names.append("" if month == before else f"{point.session.on:%b}")
        before = month
    return names


def _rolling(points: list[years.Point]) -> LineChart:
    """Give the rolling rate as a chart: a point for each session."""
    lowest = min(point.rate for point in points)
    last_of_week = {point.session.monday: point for point in points}
    return LineChart(
        key="rolling",
        title="Rolling attendance over the last 40 possible sessions",
        words=f"Lowest {spoken(lowest)}, now {spoken(points[-1].rate)}.",
        lines=(Line("Last 40 sessions", tuple(point.rate for point in points)),),
        marks=tuple(_months(points)),
        places=tuple(point.session.spoken() if last_of_week[point.session.monday] is point else "" for point in points),
        heading="At the end of",
    )


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_marks_page(request: StaffRequest, pk: int) -> HttpResponse:
    """Show every mark of the period with its history, by code."""
    pupil, at = reach(request, pk), clock.now()
    seen = look(request, pupil, at=at)
    counts = Counter(mark.code for mark in seen.marks)
    code = request.GET.get("code", "")
    shown = _by_code(seen.marks, code)
    page = Paginator(shown, MARKS_ON_A_PAGE).get_page(request.GET.get("page"))
    rows = pupil_marks.with_files(pupil.school_id, list(page.object_list))
    page.object_list = pupil_marks.with_lessons(pupil, rows)
    context = frame(request, pupil, "marks", at=at, seen=seen)
    context |= {
        "periods": seen.periods,
        "period": seen.period,
        "page": page,
        "total": len(shown),
        "all": len(seen.marks),
        "code": code if code in counts or code == "amended" else "",
        "counts": sorted(counts.items(), key=lambda one: (-one[1], one[0])),
        "amended_count": sum(bool(mark.amendments) for mark in seen.marks),
        "on": seen.period.to_on,
    }
    return render(request, "registers/pupil_marks.html", context)


def _by_code(marks: list[Marked], code: str) -> list[Marked]:
    """Give the marks of one code, or those that were amended, or all; the newest first."""
    known = {mark.code for mark in marks}
    return [
        mark
        for mark in reversed(marks)
        if (code not in known or mark.code == code) and (code != "amended" or mark.amendments)
    ]


@require_POST
@door(Can.EXPORT, section="pupils")
def pupil_marks_export(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out the marks of the page, each with its first entry and its amendments."""
    pupil, at = reach(request, pk), clock.now()
    seen = look(narrowed(request), pupil, at=at)
    where = reads_comments(request.user.standing.allowed(request.school.pk))
    shown = _by_code(seen.marks, request.GET.get("code", ""))
    rows: list[list[Cell]] = [
        [
            one.session.on,
            one.session.half,
            one.code,
            one.meaning,
            one.minutes_late,
            one.comment,
            one.first_code,
            one.recorded_at,
            one.recorded_by or one.origin,
            "; ".join(
                f"{change.at:%Y-%m-%d}: {change.from_code} to {change.to_code}, {change.by_name}: {change.reason}"
                for change in one.amendments
            ),
            "; ".join(file.words for file in one.files),
            "; ".join(_lesson_words(lesson, where=where) for lesson in one.lessons),
        ]
        for one in pupil_marks.with_lessons(pupil, pupil_marks.with_files(pupil.school_id, shown))
    ]
    heads = (
        "Day", "Session", "Code", "Meaning", "Minutes late", "Comment", "First entry", "Entered", "By", "Amendments",
        "Files", "Lessons",
    )  # fmt: skip
    what = f"marks of {pupil.upn}"
    asked = f"{seen.period.name} {request.GET.get('code', '')}".strip()
    return send_list(request, form, what=what, columns=[Column(one) for one in heads], rows=rows, filters=asked)


def _lesson_words(mark: LessonMark, *, where: bool) -> str:
    """Give a lesson's mark in a cell: "P3 L 4 min"."""
    late = f" {mark.minutes_late} min" if mark.minutes_late is not None else ""
    return f"{mark.lesson.period.name} {mark.code}{late}{f' {mark.comment}' if where and mark.comment else ''}"


@require_GET
@door(Can.SEE_CONTACTS, section="pupils")
def pupil_contacts(request: StaffRequest, pk: int) -> HttpResponse:
    """Show whom to ring, in order, and the brothers and sisters."""
    pupil = reach(request, pk)
    parents = pupils.parents_of(pupil)
    context = frame(request, pupil, "contacts", at=clock.now())
    faults: dict[int, list[ContactFault]] = {}
    for fault in ContactFault.objects.filter(contact__in=[one.contact_id for one in parents], cleared_at=None):
        faults.setdefault(fault.contact_id, []).append(fault)
    files = traced(
        pupil.school_id, {"contact": [one.contact_id for one in parents], "parent": [one.pk for one in parents]}
    )
    context |= {
        "parents": [(one, faults.get(one.contact_id, []), _files_of(one, files)) for one in parents],
        "ways": ContactFault.Way.choices,
        "wrongs": ContactFault.Fault.choices,
        "siblings": pupils.siblings_of(pupil, user=request.user, contacts=[parent.contact for parent in parents]),
        "changes": contact_changes(pupil, parents),
    }
    return render(request, "registers/pupil_contacts.html", context)


def _files_of(parent: Parent, files: dict[tuple[str, int], tuple[Origin, ...]]) -> list[Origin]:
    """Give the files of a contact and of its link to the pupil; of a file that made both, the line of the link."""
    both = (*files.get(("contact", parent.contact_id), ()), *files.get(("parent", parent.pk), ()))
    return list({(one.did, one.import_id): one for one in both}.values())


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_groups(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the groups the pupil is and was in."""
    pupil, at = reach(request, pk), clock.now()
    context = frame(request, pupil, "groups", at=at)
    memberships = Membership.objects.filter(pupil=pupil).select_related("group").order_by("-from_on", "group__name")
    return render(
        request, "registers/pupil_groups.html", context | {"memberships": memberships, "today": clock.local(at).date()}
    )


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_record_page(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the admission register's lines, what they said before, the stays on roll and the forms sat in."""
    pupil = reach(request, pk)
    allowed = request.user.standing.allowed(request.school.pk)
    context = frame(request, pupil, "record", at=clock.now())
    enrolments = list(pupil.enrolments.order_by("-starts_on"))
    placements = list(pupil.placements.select_related("tutor_group").order_by("-from_on"))
    files = traced(
        pupil.school_id,
        {
            "pupil": [pupil.pk],
            "enrolment": [one.pk for one in enrolments],
            "placement": [one.pk for one in placements],
        },
    )
    context |= {
        "lines": pupil_record.lines_of(pupil, allowed),
        "changes": latest_first(
            [
                *pupil_record.changes_of(pupil, allowed),
                *stay_changes(enrolments, reads_reasons=reads_reasons(allowed)),
            ]
        ),
        "files": files.get(("pupil", pupil.pk), ()),
        "enrolments": [(one, files.get(("enrolment", one.pk), ())) for one in enrolments],
        "today": clock.today(),
        "placements": [(one, files.get(("placement", one.pk), ())) for one in placements],
    }
    return render(request, "registers/pupil_record.html", context)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def pupil_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the admission register's lines, with a reason."""
    pupil, at = reach(request, pk), clock.now()
    allowed = request.user.standing.allowed(request.school.pk)
    # The form's own copy: a refused change leaves the page's pupil as it is.
    form = forms.ChangePupil(request.POST or None, instance=reach(request, pk), allowed=allowed)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_pupil(
                pupil=pupil, changes=form.changes, reason=form.cleaned_data["reason"], by=request.user, at=at
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, f"Saved: {len(changed)} {'field' if len(changed) == 1 else 'fields'} changed")
            return redirect("registers:pupil_record", pupil.pk)
    context = frame(request, pupil, "record", at=at) | {"form": form}
    return render(request, "registers/pupil_change.html", context, status=422 if form.errors else 200)
