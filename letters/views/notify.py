"""What GOV.UK Notify tells the office: what became of a message, and what a parent answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from attendance_office import clock
from letters.actions.deliveries import note_delivery
from letters.actions.replies import take_reply

_TOO_LONG = 20_000

Told = Callable[[dict[str, str], datetime], JsonResponse]


def _by_notify(view: Told) -> Callable[[HttpRequest], HttpResponse]:
    """Let in whoever brings the token that was set there and here, and give the view what was said.

    Without a token set nobody is let in. What is none of ours is answered 200, so that Notify does not try again.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        token = settings.OFFICE_NOTIFY_CALLBACK_TOKEN
        brought = request.headers.get("Authorization", "")
        if not token or not constant_time_compare(brought, f"Bearer {token}"):
            return JsonResponse({"error": "The token is not the one that was set."}, status=401)
        try:
            said: Any = json.loads(request.body) if len(request.body) <= _TOO_LONG else None
        except ValueError:
            said = None
        if not isinstance(said, dict):
            return JsonResponse({"error": "That is no message of Notify's."}, status=400)
        return view({str(key): "" if value is None else str(value) for key, value in said.items()}, clock.now())

    exempt: Callable[[HttpRequest], HttpResponse] = login_not_required(csrf_exempt(require_POST(guarded)))
    return exempt


@_by_notify
def notify_delivery(said: dict[str, str], at: datetime) -> JsonResponse:
    """Take down what became of a message."""
    state = note_delivery(
        number=said.get("id", ""), reference=said.get("reference", ""), status=said.get("status", ""), at=at
    )
    return JsonResponse({"known": state is not None})


@_by_notify
def notify_reply(said: dict[str, str], at: datetime) -> JsonResponse:
    """Put a parent's text message into the queue of the absence line."""
    row = take_reply(
        number=said.get("source_number", ""),
        text=said.get("message", ""),
        reference=said.get("id", ""),
        received_at=parse_datetime(said.get("date_received", "")) or at,
        at=at,
    )
    return JsonResponse({"known": row is not None})
