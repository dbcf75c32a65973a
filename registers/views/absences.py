"""The absence line: logging a report by keyboard, the queue of messages, and the notes that stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import whole, wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import absences as actions
from registers.actions.absences import Logged, Report
from registers.actions.notes import span_of
from registers.forms import absences as forms
from registers.models import Call, Contact, LineMessage, Pupil
from registers.queries import absences as answers
from registers.queries import line_messages as messages
from registers.queries.calendar import calendar_of
from registers.queries.pupils import called
from registers.rules.absences import Span
from registers.rules.sessions import Calendar
from registers.rules.untils import NotUnderstood, read_until, spoken_span

PAGE = 50
SHOWS = ("today", "open", "ending", "refused", "strange", "otherwise", "all")
FOUND_AT_MOST = 8


def _pupils(request: StaffRequest) -> QuerySet[Pupil]:
    return Pupil.objects.visible_to(request.user).filter(school=request.school)


@require_GET
@door(Can.LOG_ABSENCE, section="absence")
def absence_line(request: StaffRequest) -> HttpResponse:
    """Show the form to log a report, the next message of the queue, and the notes of the day."""
    return _line(request)


def _line(
    request: StaffRequest, *, form: forms.LogAbsence | None = None, choose: list[answers.Found] | None = None
) -> HttpResponse:
    now = clock.now()
    on = clock.local(now).date()
    school = request.school
    waiting, oldest = messages.waiting_messages(school, request.user)
    asked = request.GET.get("message", "") or (form.data.get("message", "") if form and form.is_bound else "")
    wanted = whole(asked)
    message = messages.next_message(school, request.user, wanted) if wanted or "queue" in request.GET else None
    guessed: list[answers.Found] = []
    sender: Contact | None = None
    if message is not None:
        pupils, sender = messages.guess(message, user=request.user, on=on)
        guessed = answers.with_families(pupils[:FOUND_AT_MOST], user=request.user, on=on)
    if form is None:
        form = forms.LogAbsence(initial=_first(request, message, guessed, sender))
    notes, show = _notes(request, on)
    page = Paginator(notes, PAGE).get_page(request.GET.get("page"))
    chosen = _chosen(request, form, on)
    context = {
        "form": form,
        "choose": choose or [],
        "chosen": chosen,
        "message": message,
        "guessed": guessed,
        "sender": sender,
        "waiting": waiting,
        "oldest": oldest,
        "codes": [{"s": symbol, "n": words.split("  ", 1)[1]} for symbol, words in forms.told_choices(on)],
        "page": page,
        "show": show,
        "counts": _counts(request, on),
        "rows": [(note, spoken_span(span_of(note), on)) for note in page],
        "today": on,
        "q": request.GET.get("q", ""),
        "also": _also(request, on) if message is None and not form.is_bound else None,
    }
    return render(request, "registers/absence_line.html", context, status=422 if form.is_bound else 200)


def _also(request: StaffRequest, on: date) -> dict[str, Any] | None:
    """Give the call just logged whose pupil has brothers or sisters that no note says to be away."""
    pk = whole(request.GET.get("logged"))
    call = _calls(request).filter(pk=pk, taken_back_at=None, logged_by=request.user).first() if pk else None
    siblings = answers.not_in(call, user=request.user, on=on) if call else []
    return {"call": call, "siblings": siblings} if siblings else None


def _calls(request: StaffRequest) -> QuerySet[Call]:
    rows = Call.objects.select_related("note__pupil__tutor_group", "message", "contact", "school")
    return rows.filter(school=request.school, note__pupil__in=_pupils(request))


def _first(
    request: StaffRequest, message: LineMessage | None, guessed: list[answers.Found], sender: Contact | None
) -> dict[str, Any]:
    """Give what the form begins with: a message's channel, its pupil where one is meant, and its sender."""
    first: dict[str, Any] = {"told": "I", "channel": "call"}
    if message is None:
        pupil = whole(request.GET.get("pupil"))
        return first | ({"pupil": pupil} if pupil else {})
    first |= {"message": message.pk, "channel": message.channel, "reason": message.body.split("\n")[0][:400]}
    if len(guessed) == 1:
        found = guessed[0]
        first["pupil"] = found.pupil.pk
        own = [one.pk for one in found.callers]
        if sender is not None and sender.pk in own:
            first["caller"] = str(own.index(sender.pk) + 1)
        else:
            first["caller"] = message.sender
    return first


def _chosen(request: StaffRequest, form: forms.LogAbsence, on: date) -> answers.Found | None:
    """Give the pupil that the form has chosen already, with the family."""
    value = whole(str(form["pupil"].value() or ""))
    if value is None:
        return None
    pupils = answers.reachable([value], school=request.school, user=request.user)
    return answers.with_families(pupils, user=request.user, on=on)[0] if pupils else None


def _notes(request: StaffRequest, on: date) -> tuple[QuerySet[Any], str]:
    """Give the notes as the query string narrows them, and which of the lists it is."""
    show = request.GET.get("show", "today")
    show = show if show in SHOWS else "today"
    notes: QuerySet[Any] = answers.notes_within(request.school, request.user, on)
    if show != "all":
        notes = answers.standing_on(notes, on)
    narrow: dict[str, dict[str, Any]] = {
        "open": {"to_on": None},
        "ending": {"to_on": on},
        "strange": {"strange": True},
        "otherwise": {"says__isnull": False},
    }
    notes = notes.filter(**narrow.get(show, {}))
    if show == "refused":
        notes = notes.exclude(why_refused="")
    q = request.GET.get("q", "").strip()[:60]
    if q:
        notes = notes.filter(pupil__in=called(Pupil.objects.all(), q))
    return notes, show


def _counts(request: StaffRequest, on: date) -> list[tuple[str, str, int]]:
    """Give each list with its name and how many notes it has: one query for each note of today."""
    notes: QuerySet[Any] = answers.notes_within(request.school, request.user, on)
    shown: QuerySet[Any] = answers.standing_on(notes, on)
    standing = list(shown.values_list("to_on", "why_refused", "strange", "says"))
    return [
        ("today", "Today", len(standing)),
        ("open", "No end yet", sum(to_on is None for to_on, *_ in standing)),
        ("ending", "Back after today", sum(to_on == on for to_on, *_ in standing)),
        ("refused", "Reason refused", sum(bool(why) for _, why, *_ in standing)),
        ("strange", "Unknown caller", sum(strange for *_, strange, _ in standing)),
        ("otherwise", "Register says otherwise", sum(says is not None for *_, says in standing)),
    ]


@require_GET
@door(Can.LOG_ABSENCE, section="absence")
def absence_find(request: StaffRequest) -> HttpResponse:
    """Answer the pupil's box as it is typed: whom three letters name, with their families."""
    found = answers.found_by(request.GET.get("q", "")[:60], school=request.school, user=request.user, on=clock.today())
    return JsonResponse({"found": [one.as_json() for one in found[:FOUND_AT_MOST]]})


@require_GET
@door(Can.LOG_ABSENCE, section="absence")
def absence_until(request: StaffRequest) -> HttpResponse:
    """Say in words what was typed as until when, before it is saved."""
    on = clock.today()
    try:
        span = _span(request.GET, on, calendar_of(request.school.pk))
    except NotUnderstood as unclear:
        return JsonResponse({"words": str(unclear), "wrong": True})
    return JsonResponse({"words": spoken_span(span, on), "wrong": False})


def _span(data: QueryDict | dict[str, Any], on: date, calendar: Calendar) -> Span:
    first = data.get("from_on") or on
    if isinstance(first, str):
        try:
            first = read_day(first)
        except ValueError:
            first = on
    return read_until(str(data.get("until") or ""), on=first, calendar=calendar)


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def absence_log(request: StaffRequest) -> HttpResponse:
    """Log a report."""
    now = clock.now()
    on = clock.local(now).date()
    siblings = wholes(request.POST.getlist("sibling"))
    form = forms.LogAbsence(request.POST, siblings=siblings)
    if not form.is_valid():
        return _line(request, form=form)
    said = form.cleaned_data
    pupil, choose = _meant(request, said, on)
    if pupil is None:
        form.add_error("who", _who_words(str(said["who"]), choose))
        return _line(request, form=form, choose=choose)
    try:
        span = _span(said, on, calendar_of(request.school.pk))
    except NotUnderstood as unclear:
        form.add_error("until", str(unclear))
        return _line(request, form=form)
    others = answers.reachable(siblings, school=request.school, user=request.user)
    try:
        logged = actions.log_absence(
            school=request.school,
            pupils=[pupil, *others],
            span=span,
            told=said["told"],
            report=_report(request, said, pupil, now),
            school_code=said["school_code"],
            why_refused=said["why_refused"],
            reason=said["reason"],
            symptom=said["symptom"],
            by=request.user,
            at=now,
        )
    except Refused as refused:
        if said["message"] and not messages.waiting(request.school, request.user).filter(pk=said["message"]).exists():
            toasts.fail(request, str(refused))
            return redirect(f"{reverse('registers:absence_line')}?queue=1")
        form.add_error(None, str(refused))
        return _line(request, form=form)
    _tell(request, logged, on)
    waiting, _ = messages.waiting_messages(request.school, request.user)
    back = reverse("registers:absence_line")
    return redirect(f"{back}?queue=1" if said["message"] and waiting else f"{back}?logged={logged[0].call.pk}")


def _meant(request: StaffRequest, said: dict[str, Any], on: date) -> tuple[Pupil | None, list[answers.Found]]:
    """Give the pupil that is meant: by key, else the only one whom the name says; else whom to choose from."""
    if said["pupil"]:
        found = answers.reachable([said["pupil"]], school=request.school, user=request.user)
        return (found[0] if found else None), []
    choose = answers.found_by(str(said["who"]), school=request.school, user=request.user, on=on)
    return (choose[0].pupil, []) if len(choose) == 1 else (None, choose)


def _who_words(text: str, choose: list[answers.Found]) -> str:
    if not text.strip():
        return "Whose absence is it? Type three letters of the pupil's name."
    return (
        f"{len(choose)} pupils are called so: choose one."
        if choose
        else f"Nobody on roll is called \u201c{text}\u201d."
    )


def _report(request: StaffRequest, said: dict[str, Any], pupil: Pupil, now: datetime) -> Report:
    """Give the report: the contact by the number beside it, else a name as typed."""
    message = None
    if said["message"]:
        message = get_object_or_404(messages.within(request.school, request.user), pk=said["message"])
    caller = str(said["caller"]).strip()
    report = Report(
        channel=said["channel"],
        heard_at=message.received_at if message else now,
        caller=caller,
        words=message.body if message else said["reason"],
        message=message,
    )
    if (nth := whole(caller)) is not None:
        own = answers.with_families([pupil], user=request.user, on=clock.local(now).date())[0].callers
        place = nth - 1
        if not 0 <= place < len(own):
            return report
        return replace(report, contact=Contact.objects.get(pk=own[place].pk), caller="")
    return report


def _tell(request: StaffRequest, logged: list[Logged], on: date) -> None:
    """Say what was logged, what the register said otherwise, and give the way back."""
    first = logged[0]
    names = ", ".join(str(one.note.pupil) for one in logged)
    words = f"{'Added to the note of' if first.folded else 'Logged:'} {names}: {first.note.code}, "
    words += spoken_span(span_of(first.note), on)
    strange = (
        "" if first.call.is_known or not (first.call.caller or first.call.contact) else " The caller is no contact."
    )
    undo = reverse("registers:absence_undo", args=[first.call.pk])
    toasts.say(request, f"{words}.{strange}", undo=undo)
    stands = [(want, code) for one in logged for want, code in one.coded.left]
    if stands:
        said = "; ".join(f"{want.session.spoken()} says {code}" for want, code in stands[:4])
        toasts.warn(
            request,
            f"Not changed, because the register has a mark: {said}. Amend it on the pupil's page if it is wrong.",
        )


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def absence_also(request: StaffRequest, pk: int) -> HttpResponse:
    """Log for brothers and sisters what the call just logged said."""
    now = clock.now()
    call = get_object_or_404(_calls(request), pk=pk)
    offered = {one.pk for one in answers.not_in(call, user=request.user, on=clock.local(now).date())}
    chosen = [one for one in wholes(request.POST.getlist("sibling")) if one in offered]
    pupils = answers.reachable(chosen, school=request.school, user=request.user)
    try:
        logged = actions.log_also(call=call, pupils=pupils, by=request.user, at=now)
    except Refused as refused:
        toasts.fail(request, str(refused) if pupils else "Nobody is ticked: tick who is away too.")
    else:
        _tell(request, logged, clock.local(now).date())
    return redirect("registers:absence_line")


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def absence_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back what was just logged."""
    call = get_object_or_404(_calls(request), pk=pk)
    try:
        many = actions.undo_logging(call=call, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        reports = "The report is" if many == 1 else f"{many} reports are"
        toasts.say(request, f"{reports} taken back, and the register says what it said before")
    return redirect("registers:absence_line")


@require_POST
@door(Can.EXPORT, section="absence")
def absence_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the notes as they are narrowed."""
    on = clock.today()
    notes, show = _notes(narrowed(request), on)
    if not may(request, Can.LOG_ABSENCE):
        notes = notes.none()
    rows: list[list[Cell]] = [
        [
            str(note.pupil),
            note.pupil.tutor_group.name if note.pupil.tutor_group else "",
            note.code,
            note.told_code,
            note.from_on,
            note.to_on,
            note.reason,
            note.why_refused,
            note.get_state_display(),
            note.heard,
            note.logged_at,
            note.logged_by.signature if note.logged_by else "",
        ]
        for note in notes
    ]
    heads = (
        "Pupil", "Form", "Code", "Code told", "From", "To", "What was said", "Why refused", "State", "Reports",
        "Logged", "By",
    )  # fmt: skip
    return send_list(
        request, form, what="absence notes", columns=[Column(one) for one in heads], rows=rows, filters=show
    )
