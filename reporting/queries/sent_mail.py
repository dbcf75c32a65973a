"""The e-mail that leads to a report: written when it is left in the outbox, and again at the moment it goes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from letters.models import Message
from letters.queries.words import Reading
from reporting.models import Dispatch, Sending, Subscription

from .distributions import reaches
from .mail_choice import mail_choice, named_parts


def mail_of(sending: Sending) -> Reading:
    """Give what the e-mail of a report says, by what the school chooses now that it may say of pupils.

    That of a report not kept, which is looked at beforehand, leads to the list of what its reader was sent.
    """
    choice = mail_choice(sending.school)
    detail = reverse("reporting:sent_detail", args=[sending.pk]) if sending.pk else reverse("reporting:sent_list")
    told = {
        "sending": sending,
        "content": sending.content,
        "url": f"{settings.OFFICE_URL}{detail}",
        "named": named_parts(sending, choice),
        "choice": choice,
    }
    return Reading(
        sending.content["title"],
        render_to_string("reporting/mail/report.txt", told),
        "",
        html=render_to_string("reporting/mail/report.html", told),
    )


def read_report(message: Message, at: datetime) -> Reading:
    """Give it as it is to go now; not needed any more where its reader no longer holds a post that may read it.

    A message may wait for hours, and one that failed for weeks until a person sends it again.
    """
    rows = Dispatch.objects.select_related("sending__school", "sending__user", "sending__tutor_group")
    sending = rows.get(message=message).sending
    if not reaches(
        sending.user, sending.school, sending.year_group, report=sending.report, form=sending.tutor_group
    ):  # fmt: skip
        return Reading("", "", f"{sending.user.signature} no longer holds a post that may read this report.")
    return mail_of(sending)


def mail_before(row: Subscription, content: dict[str, Any], *, on: date) -> Reading:
    """Give the e-mail that a subscription would bring with this content; nothing is kept."""
    return mail_of(
        Sending(
            school=row.school, user=row.user, report=row.report, year_group=row.year_group,
            tutor_group=row.tutor_group, on=on, content=content,
        )
    )  # fmt: skip
