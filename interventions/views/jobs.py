"""The timetable of jobs: when they run, what they saw and did, a dry run, and a run by hand."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.jobs.actions import ensure_schedules, set_schedule
from attendance_office.jobs.due import WEEKLY
from attendance_office.jobs.models import Job, Run
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import send_list
from interventions.actions.due import run_job
from interventions.actions.sweep import preview_sweep
from interventions.forms import Timetable, Which
from interventions.queries.jobs import last_beat, last_runs, timetable
from interventions.queries.plan_words import told_by
from interventions.queries.sweep import HALF_OF, run_of


def _job(job: str) -> Job:
    try:
        return Job(job)
    except ValueError:
        raise Http404 from None


@require_GET
@door(Can.EDIT_JOBS, Can.RUN_JOBS, section="office")
def job_list(request: StaffRequest) -> HttpResponse:
    """Show the day's jobs and what ran."""
    today = clock.today()
    return render(
        request,
        "interventions/job_list.html",
        {
            "lines": timetable(request.school, today),
            "runs": last_runs(request.school),
            "today": today,
            "last_beat": last_beat(),
            "can_edit": may(request, Can.EDIT_JOBS),
            "can_run": may(request, Can.RUN_JOBS),
        },
    )


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.EDIT_JOBS, Can.RUN_JOBS)
def job_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the timetable of jobs, each with the day's run."""
    rows: list[list[Cell]] = [
        [
            f"{line.starts_at:%H:%M}",
            line.job.label,
            line.days if line.is_on else "Off",
            line.schedule_or_usual().window_minutes,
            line.run.get_state_display() if line.run else "Not yet",
        ]
        for line in timetable(request.school, clock.today())
    ]
    columns = [Column(one) for one in ("Time", "Job", "Days", "May run late by, minutes", "Today")]
    return send_list(request, form, what="jobs", columns=columns, rows=rows)


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.EDIT_JOBS, Can.RUN_JOBS)
def run_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the last runs of jobs."""
    rows: list[list[Cell]] = [
        [
            run.due_on,
            run.get_job_display(),
            run.get_state_display(),
            run.started_at,
            f"{run.words} {run.error}".strip(),
            run.attempts,
            run.started_by,
        ]
        for run in last_runs(request.school)
    ]
    heads = ("Day", "Job", "State", "Started", "What it saw and did", "Attempts", "Started by")
    return send_list(request, form, what="runs of jobs", columns=[Column(one) for one in heads], rows=rows)


@door(Can.EDIT_JOBS, section="office")
def job_edit(request: StaffRequest, job: str) -> HttpResponse:
    """Change when a job runs."""
    wanted = _job(job)
    at = clock.now()
    if request.method == "POST":
        rows = ensure_schedules(school=request.school, by=request.user, at=at)
        schedule = next(row for row in rows if row.job == wanted)
        form = Timetable.of(schedule, request.POST)
        if form.is_valid():
            data = form.cleaned_data
            days = "".join(data.pop("weekdays"))
            try:
                set_schedule(schedule=schedule, weekdays=days, by=request.user, at=at, **data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                toasts.say(request, f"{wanted.label}: {data['starts_at']:%H:%M}.")
                return redirect("interventions:job_list")
    else:
        lines = {line.job: line for line in timetable(request.school, clock.today())}
        form = Timetable.of(lines[wanted].schedule_or_usual())
    return render(
        request,
        "interventions/job_edit.html",
        {"job": wanted, "form": form, "is_weekly": wanted in WEEKLY},
        status=422 if form.errors else 200,
    )


@require_GET
@door(Can.RUN_JOBS, section="office")
def job_preview(request: StaffRequest, job: str) -> HttpResponse:
    """Show all that a sweep would do now, with reasons; nothing is written."""
    wanted = _job(job)
    if wanted not in HALF_OF:
        raise Http404
    on = _day(request.GET.get("on", "")) or clock.today()
    plan = preview_sweep(school=request.school, job=wanted, on=on, at=clock.now())
    names_pupils = may(request, Can.SEE_SAFEGUARDING)
    told = told_by(plan, names_pupils=names_pupils)
    return render(
        request,
        "interventions/job_preview.html",
        {
            "job": wanted,
            "plan": plan,
            "on": on,
            "told": [one for one in told if one.is_new],
            "before": [one for one in told if not one.is_new],
            "run": run_of(request.school, wanted, on),
            "can_name": names_pupils,
        },
    )


@require_POST
@door(Can.RUN_JOBS, section="office")
def job_run(request: StaffRequest) -> HttpResponse:
    """Run a job now."""
    form = Which(request.POST)
    if not form.is_valid():
        toasts.fail(request, "Choose a job and a day.")
        return redirect("interventions:job_list")
    at = clock.now()
    job, on = form.cleaned_data["job"], form.cleaned_data["on"]
    try:
        run = run_job(school=request.school, job=job, on=on, by=request.user, at=at)
    except Refused as refusal:
        toasts.fail(request, str(refusal))
        if job not in HALF_OF:
            return redirect("interventions:job_list")
        return redirect(f"{reverse('interventions:job_preview', args=[job])}?on={on.isoformat()}")
    if run.started_at != at:
        toasts.warn(request, f"It ran already: it runs once a day. It said: {run.words or run.error}")
    elif run.state == Run.State.DONE:
        toasts.say(request, run.words)
    return redirect("interventions:job_list")


def _day(value: str) -> date | None:
    try:
        return read_day(value)
    except ValueError:
        return None
