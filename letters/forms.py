"""Shapes of what is asked on the board and in the post room."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_office.staff.models import School, User
from letters.actions.chases import MOST_WORDS


class Chase(forms.Form):
    """The sender's own words to the person who owes, and the page's key: a press twice is one chase."""

    note = forms.CharField(
        label="Message",
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Your own words. The register, its link and the office's number are added.",
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class ArrangeCover(forms.Form):
    """Who takes a register in place of its tutor."""

    user = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, label="Colleague", empty_label="Nobody with an account"
    )
    name = forms.CharField(
        required=False, max_length=150, label="Or a supply teacher, by name", help_text="Somebody without an account."
    )
    why = forms.CharField(required=False, max_length=200, label="Why", help_text="For the record.")

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        if isinstance(field, forms.ModelChoiceField):
            people = User.objects.filter(posts__school=school, posts__ended_on=None, is_active=True)
            field.queryset = people.distinct().order_by("last_name", "first_name", "pk")

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        data = super().clean() or self.cleaned_data
        if bool(data.get("user")) == bool(str(data.get("name", "")).strip()):
            raise forms.ValidationError("Choose a colleague, or write the name of a supply teacher: one of the two.")
        return data


class Settle(forms.Form):
    """What became of a message in doubt."""

    went = forms.ChoiceField(choices=[("yes", "It went"), ("no", "Send it again")])
