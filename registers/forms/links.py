"""Shapes of what is asked about a link."""

from __future__ import annotations

from django import forms

from registers.actions.links.keeping import Wishes
from registers.models import Link

_WAYS = (
    ("none", "Neither way"),
    ("out", "Out: coded here, written back"),
    ("in", "In: read from there"),
)


class LinkForm(forms.Form):
    """The school's number there, and what goes which way."""

    remote_id = forms.CharField(
        label="The school's number in Wonde",
        max_length=60,
        help_text="As A1234567890. The school finds it in Wonde, where it also approves the office.",
        error_messages={"required": "Write the school's number in Wonde."},
    )
    is_on = forms.BooleanField(label="The link is on", required=False, initial=True)
    pulls = forms.BooleanField(label="Bring pupils and contacts in", required=False, initial=True)
    marks = forms.ChoiceField(label="Session marks", choices=_WAYS, initial="none")
    writes_comments = forms.BooleanField(
        label="Write the comments of marks back as well",
        required=False,
        help_text="Whoever reads marks in the other system reads them there.",
    )

    @classmethod
    def of(cls, link: Link | None) -> LinkForm:
        """Give the form with what is set."""
        if link is None:
            return cls()
        way = "in" if link.pulls_marks else "out" if link.writes_back else "none"
        return cls(
            initial={
                "remote_id": link.remote_id,
                "is_on": link.is_on,
                "pulls": link.pulls,
                "marks": way,
                "writes_comments": link.writes_comments,
            }
        )

    def wishes(self) -> Wishes:
        """Give what a valid form asks for."""
        said = self.cleaned_data
        return Wishes(
            remote_id=said["remote_id"],
            is_on=said["is_on"],
            pulls=said["pulls"],
            pulls_marks=said["marks"] == "in",
            writes_back=said["marks"] == "out",
            writes_comments=said["writes_comments"],
        )
