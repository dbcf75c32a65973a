"""How a school tells homes that a child is not in school: its own rule, and which pupils a message is about."""

from __future__ import annotations

from datetime import time
from typing import Final

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, ROW_BY_ROW, history
from attendance_office.staff.models import School
from registers.models import Pupil

from .messages import Message

USUAL_FLAGS: Final = ("is_vulnerable", "has_protection_plan")


def usual_flags() -> list[str]:
    """Give the flags that keep alerts from a home until the school says otherwise."""
    return list(USUAL_FLAGS)


@history("AlertRuleEvent")
class AlertRule(models.Model):
    """One school's rule on absence alerts. A school without a row has the values that a new one begins with."""

    school = models.OneToOneField(School, on_delete=models.PROTECT, related_name="alert_rule")
    is_on = models.BooleanField("alerts may be sent", default=True)
    countdown_minutes = models.PositiveSmallIntegerField("minutes in which they can be stopped", default=5)
    quiet_from = models.TimeField("quiet from", default=time(18, 0))
    quiet_to = models.TimeField("quiet until", default=time(8, 0))
    flags = models.JSONField("whose homes are never alerted", default=usual_flags)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="countdown_is_up_to_an_hour", condition=Q(countdown_minutes__gte=1, countdown_minutes__lte=60)
            )
        ]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"Alerts of {self.school}"


class MessagePupil(models.Model):
    """One pupil whom a message is about, where it is about several."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="about")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "pupil"], name="one_line_per_message_and_pupil")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.message_id} about {self.pupil_id}"
