"""What a school chose that its reports' e-mails say of pupils."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from attendance_office.staff.models import School
from reporting.models import MailChoice, Sending

# The parts of the week that an e-mail may hold; the others stay behind the sign-in whatever was chosen.
_NAMED: Final = ("talk", "praise")


def mail_choices(school: School) -> QuerySet[MailChoice]:
    """Give all that a school has chosen, the latest first."""
    return MailChoice.objects.filter(school=school).select_related("chosen_by").order_by("-chosen_at", "-pk")


def mail_choice(school: School) -> MailChoice | None:
    """Give the choice in force; a school that never chose names nobody."""
    return mail_choices(school).first()


def named_parts(sending: Sending, choice: MailChoice | None) -> list[dict[str, Any]]:
    """Give the parts of a report that its e-mail shows by the choice in force; none of a report that names nobody."""
    short: list[dict[str, Any]] = sending.content.get("initials", [])
    if choice is None or choice.names == MailChoice.Names.NOBODY or not short:
        return []
    if choice.names == MailChoice.Names.INITIALS:
        return short
    return [part for part in sending.content["parts"] if part["key"] in _NAMED]
