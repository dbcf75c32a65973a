"""The queue of messages: taking one in, and setting one aside."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from registers.actions import line_messages
from registers.forms import absences as forms
from registers.models import LineMessage


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
    message = get_object_or_404(LineMessage, pk=pk, school=request.school)
    try:
        line_messages.set_aside(message=message, why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect(f"{reverse('registers:absence_line')}?message={message.pk}")
    toasts.say(request, "Set aside")
    return redirect(f"{reverse('registers:absence_line')}?queue=1")
