"""Shapes of what is asked for in the reading room."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_office.staff.models import School
from registers.models import Group


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


class IntoGroup(forms.Form):
    """An own group for the pupils selected in the explorer."""

    group = forms.ModelChoiceField(queryset=Group.objects.none())

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["group"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.queryset = Group.objects.filter(school=school).order_by("name")


class SavedViewForm(forms.Form):
    """A saved view's name, and whether the school sees it."""

    name = forms.CharField(label="Name", max_length=80)
    is_shared = forms.BooleanField(label="Shared with the school", required=False)
