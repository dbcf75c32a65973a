"""Shapes of what is asked for in the reading room."""

from __future__ import annotations

from typing import Any

from django import forms


class Period(forms.Form):
    """A period of one's own choice."""

    from_on = forms.DateField(label="From", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    to_on = forms.DateField(label="To", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("from_on") and asked.get("to_on") and asked["to_on"] < asked["from_on"]:
            self.add_error("to_on", "The last day lies before the first. Choose a later one.")
        return asked
