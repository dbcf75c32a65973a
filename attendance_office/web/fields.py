"""Fields of forms that several rooms use."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_office.days import may_be_asked


class DayField(forms.DateField):
    """A day that can be reckoned with: one out of all bounds is refused in words."""

    def to_python(self, value: Any) -> date | None:
        """Give the day. Raises ValidationError for what is none, and for one out of all bounds."""
        day = super().to_python(value)
        if day is not None and not may_be_asked(day):
            raise ValidationError("The year of this day is a slip: give it with four figures.")
        return day
