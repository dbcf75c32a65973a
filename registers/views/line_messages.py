"""Messages on the absence line: all of them, taking one in, setting one aside and putting it back."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import line_messages
from registers.forms import absences as forms
from registers.models import LineMessage
from registers.queries import line_messages as answers

PAGE = 50


def _shown(request: StaffRequest) -> tuple[QuerySet[LineMessage], str, str]:
    """Give the messages as the query string narrows them, with the state and the words by which it does."""
    state, q = request.GET.get("state", ""), request.GET.get("q", "").strip()[:60]
    state = state if state in answers.STATES else LineMessage.State.WAITING.value
    return answers.narrowed_to(answers.within(request.school, request.user), state=state, q=q), state, q


@require_GET
@door(Can.LOG_ABSENCE, section="absence")
def message_list(request: StaffRequest) -> HttpResponse:
    """Show every message by its state, with what became of it."""
    shown, state, q = _shown(request)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    many = answers.counts(request.school, request.user)
    words = {**dict(LineMessage.State.choices), "all": "All"}
    context = {
        "page": page,
        "rows": [(row, [call for call in row.calls.all() if call.taken_back_at is None]) for row in page],
        "state": state,
        "q": q,
        "states": [(key, words[key], many[key]) for key in answers.STATES],
        "many": many,
    }
    return render(request, "registers/message_list.html", context)


@require_http_methods(["GET", "POST"])
@door(Can.LOG_ABSENCE, section="absence")
def message_add(request: StaffRequest) -> HttpResponse:
    """Take in a message that is typed or pasted, or a mailbox file."""
    now = clock.now()
    is_file = "file" in request.FILES or request.POST.get("what") == "file"
    typed = forms.TypeMessage(None if is_file or request.method == "GET" else request.POST)
    mailbox = forms.Mailbox(request.POST, request.FILES) if is_file else forms.Mailbox()
    form = mailbox if is_file else typed
    if request.method == "POST" and form.is_valid():
        try:
            if is_file:
                file = form.cleaned_data["file"]
                new, known = line_messages.take_in_mailbox(
                    school=request.school, name=file.name, content=file.read(), by=request.user, at=now
                )
                words = f"{new} message{'' if new == 1 else 's'} taken in"
                toasts.say(request, f"{words}, {known} known already" if known else words)
            else:
                said = form.cleaned_data
                line_messages.type_message(
                    school=request.school,
                    channel=said["channel"],
                    sender=said["sender"],
                    text=said["text"],
                    received_at=forms.instant(said["received_at"], now),
                    by=request.user,
                    at=now,
                )
                toasts.say(request, "Message taken in")
            return redirect(f"{reverse('registers:absence_line')}?queue=1")
        except Refused as refused:
            form.add_error("file" if is_file else "text", str(refused))
    return render(
        request,
        "registers/absence_message.html",
        {"typed": typed, "mailbox": mailbox},
        status=422 if form.errors else 200,
    )


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def message_aside(request: StaffRequest, pk: int) -> HttpResponse:
    """Set a message aside, with the reason."""
    message = get_object_or_404(answers.within(request.school, request.user), pk=pk)
    try:
        line_messages.set_aside(message=message, why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect(f"{reverse('registers:absence_line')}?message={message.pk}")
    toasts.say(request, "Set aside")
    return redirect(f"{reverse('registers:absence_line')}?queue=1")


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def message_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a message that was set aside back into the queue."""
    message = get_object_or_404(answers.within(request.school, request.user), pk=pk)
    try:
        line_messages.put_back(message=message, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Back in the queue, in its old place")
    return redirect("registers:message_list")


@require_POST
@door(Can.EXPORT, section="absence")
@door(Can.LOG_ABSENCE)
def message_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the messages as they are narrowed."""
    shown, _, _ = _shown(narrowed(request))
    rows: list[list[Cell]] = [
        [
            row.received_at,
            row.get_channel_display(),
            row.sender,
            row.subject,
            row.body,
            row.get_state_display(),
            "; ".join(str(call.note.pupil) for call in row.calls.all() if call.taken_back_at is None),
            row.why,
            row.settled_at,
            row.settled_by.signature if row.settled_by else "",
        ]
        for row in shown
    ]
    heads = ("Came in", "How", "From", "Subject", "Words", "State", "Logged for", "Why set aside", "Settled", "By")
    columns = [Column(one) for one in heads]
    asked = request.GET.urlencode()
    return send_list(request, form, what="absence line messages", columns=columns, rows=rows, filters=asked)
