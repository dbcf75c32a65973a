"""The outbox: what each person would receive, or has received."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters import filters, forms, tables
from letters.actions.outbox import leave, settle
from letters.models import Message
from letters.queries.outbox import counts_by_state, leaves_the_building, messages_for
from letters.queries.proof import proof_of, proved_at


@require_GET
@door(Can.SEE_OUTBOX, section="post")
def message_list(request: StaffRequest) -> HttpResponse:
    """List the messages, those in doubt counted above."""
    counts = counts_by_state(messages_for(request.user, request.school))
    shown = _shown(request)
    table = tables.Messages(shown.qs)
    RequestConfig(request, paginate={"per_page": 50}).configure(table)
    return render(
        request,
        "letters/message_list.html",
        {
            "filter": shown,
            "table": table,
            "total": sum(counts.values()),
            "in_doubt": counts.get(Message.State.UNCERTAIN, 0),
            "failed": counts.get(Message.State.FAILED, 0),
            "waiting": counts.get(Message.State.WAITING, 0),
            "leaves": leaves_the_building(),
            "proof": proof_of(request.school, at=clock.now()),
            "proved_at": proved_at(),
        },
    )


def _shown(request: StaffRequest) -> filters.Messages:
    """Give the messages as the query string narrows them, the newest first."""
    mine = messages_for(request.user, request.school)
    return filters.Messages(request.GET or None, queryset=mine.order_by("-written_at", "-pk"))


_EXPORTED = ("Written", "To", "Subject", "About", "State", "Sent", "Day")


@require_POST
@door(Can.EXPORT, section="post")
def message_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of messages as it is narrowed; not what they say."""
    if not may(request, Can.SEE_OUTBOX):
        raise PermissionDenied
    shown = _shown(narrowed(request))
    rows: list[list[Cell]] = [
        [
            one.written_at,
            one.recipient_name,
            one.subject,
            one.get_kind_display(),
            one.get_state_display(),
            one.sent_at,
            one.on,
        ]
        for one in shown.qs
    ]
    asked = request.GET.urlencode()
    return send_list(
        request, form, what="messages", columns=[Column(name) for name in _EXPORTED], rows=rows, filters=asked
    )


@require_GET
@door(Can.SEE_OUTBOX, section="post")
def message_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one message as its recipient reads it, and what became of it."""
    rows = (
        messages_for(request.user, request.school)
        .select_related("recipient", "pupil", "school", "attachment")
        .defer("attachment__content")
    )
    message = get_object_or_404(rows, pk=pk)
    chases = message.chases.select_related("tutor_group").order_by("on", "half", "pk")
    return render(
        request,
        "letters/message_detail.html",
        {"message": message, "chases": chases, "leaves": leaves_the_building()},
    )


@require_POST
@door(Can.CHASE, section="post")
def message_settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Settle a message in doubt by a person's word."""
    message = get_object_or_404(messages_for(request.user, request.school), pk=pk)
    form = forms.Settle(request.POST)
    if not form.is_valid():
        toasts.fail(request, "Say whether it went or is to be sent again.")
        return redirect("letters:message_detail", pk=pk)
    went = form.cleaned_data["went"] == "yes"
    try:
        settle(message=message, went=went, by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, "Noted as sent." if went else "It will be sent again.")
    return redirect("letters:message_detail", pk=pk)


@require_POST
@door(Can.CHASE, section="post")
def message_leave(request: StaffRequest, pk: int) -> HttpResponse:
    """Leave a message that failed, with what was done instead."""
    message = get_object_or_404(messages_for(request.user, request.school), pk=pk)
    try:
        leave(message=message, why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, "Left as not sent, with your words.")
    return redirect("letters:message_detail", pk=pk)
