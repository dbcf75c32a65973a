"""The call sheet: families to ring in contact order, outcomes by one key, and answers agreed to."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole, wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from interventions import forms
from interventions.actions import calls, first_day
from interventions.models import Attempt, FirstDay
from interventions.queries import first_day as answers
from registers.models import Contact, ContactFault, Pupil
from registers.queries.line_messages import within

from .first_day import back_to, board_for


def _day(request: StaffRequest, pk: int) -> FirstDay:
    rows = FirstDay.objects.visible_to(request.user).filter(school=request.school)
    return get_object_or_404(rows.select_related("school"), pk=pk)


def _back(day: FirstDay) -> HttpResponse:
    return redirect(f"{reverse('interventions:call_sheet')}?half={day.half}#family-{day.pk}")


def _pupils(request: StaffRequest, day: FirstDay) -> list[Pupil]:
    """Give the pupils ticked, of the family and within reach."""
    own = Pupil.objects.visible_to(request.user).filter(pk__in=day.pupils.values("pupil"))
    return list(own.filter(pk__in=wholes(request.POST.getlist("pupil"))).order_by("sort_name", "pk"))


@require_GET
@door(Can.CONTACT_HOME, section="first_day")
def call_sheet(request: StaffRequest) -> HttpResponse:
    """Show the families to ring, contacts in order; then those alerted who have not answered."""
    board = board_for(request)
    context = {
        "board": board,
        "to_ring": board.to_ring if board else [],
        "others": board.others if board else [],
        "on_sheet": len(board.to_ring) + len(board.others) if board else 0,
        "not_begun": [line for line in board.open if not line.first_day] if board else [],
        "sees_private": may(request, Can.SEE_SAFEGUARDING),
    }
    return render(request, "interventions/call_sheet.html", context)


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
def call_begin(request: StaffRequest) -> HttpResponse:
    """Put every family without a reason on the sheet, without an alert."""
    board = board_for(request)
    if board is not None:
        keys = [pupil.pk for line in board.open for pupil in line.away if line.first_day is None]
        opened = first_day.open_families(
            school=request.school, session=board.session, pupil_ids=keys, by=request.user, at=board.at
        )
        toasts.say(request, f"{len(opened)} more on the call sheet")
    return back_to("interventions:call_sheet", board)


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
def call_outcome(request: StaffRequest, pk: int) -> HttpResponse:
    """Record what came of a call, where nothing more is to be said."""
    day = _day(request, pk)
    contact = Contact.objects.filter(school=request.school, pk=whole(request.POST.get("contact")) or 0).first()
    if contact is None:
        toasts.fail(request, "Choose the number that was rung.")
        return _back(day)
    try:
        attempt = calls.record_attempt(
            day=day, contact=contact, way=request.POST.get("way", ""), outcome=request.POST.get("outcome", ""),
            words=request.POST.get("words", ""), by=request.user, at=clock.now(),
        )  # fmt: skip
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"{contact}: {attempt.get_outcome_display().lower()}")
    return _back(day)


@require_http_methods(["GET", "POST"])
@door(Can.CONTACT_HOME, section="first_day")
def call_spoke(request: StaffRequest, pk: int, contact: int, way: str) -> HttpResponse:
    """Write down what a contact said, and give the absence its reason."""
    day = _day(request, pk)
    whom = get_object_or_404(
        Contact.objects.filter(children__pupil__in=day.pupils.values("pupil"), school=request.school).distinct(),
        pk=contact,
    )
    refuses = request.GET.get("as") == Attempt.Outcome.REFUSED
    form = forms.Spoken(request.POST or None, on=day.on)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        outcome = Attempt.Outcome.REFUSED if refuses else Attempt.Outcome.SPOKE
        outcome = Attempt.Outcome.EXPECTED if said["expected"] else outcome
        try:
            calls.record_attempt(
                day=day, contact=whom, way=way, outcome=outcome, words=said["words"], code=said["code"],
                until=said["until"], pupils=_pupils(request, day), by=request.user, at=clock.now(),
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, f"{whom}: {Attempt.Outcome(outcome).label.lower()}, written down")
            return _back(day)
    line = answers.line_of(request.school, request.user, day, clock.now())
    context = {
        "form": form,
        "day": day,
        "line": line,
        "contact": whom,
        "number": getattr(whom, way, "") if way in ContactFault.Way.values else "",
        "refuses": refuses,
        "may_log": may(request, Can.LOG_ABSENCE),
    }
    return render(request, "interventions/call_spoke.html", context, status=422 if form.is_bound else 200)


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
@door(Can.LOG_ABSENCE)
def reply_agree(request: StaffRequest, pk: int, message: int) -> HttpResponse:
    """Settle the absence by what a parent answered, with the code the officer chose."""
    day = _day(request, pk)
    answer = get_object_or_404(within(request.school, request.user), pk=message)
    line = answers.line_of(request.school, request.user, day, clock.now())
    contact = next((one.contact_id for one in line.replies if one.message.pk == answer.pk), 0) if line else 0
    try:
        logged = first_day.agree(
            day=day, message=answer, contact=Contact.objects.filter(school=request.school, pk=contact).first(),
            pupils=_pupils(request, day), code=request.POST.get("code", ""), until=request.POST.get("until", ""),
            by=request.user, at=clock.now(),
        )  # fmt: skip
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        names = ", ".join(str(one.note.pupil) for one in logged)
        toasts.say(
            request, f"Logged: {names}, {logged[0].note.code}",
            undo=reverse("registers:absence_undo", args=[logged[0].call.pk]),
        )  # fmt: skip
    return redirect(f"{reverse('interventions:first_day')}?half={day.half}")
