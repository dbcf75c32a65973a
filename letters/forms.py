"""Shapes of what is asked on the board and in the post room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from attendance_office.staff.models import School, User
from attendance_office.web.fields import DayField
from letters.actions.chases import MOST_WORDS
from letters.models import LetterKind, LetterPolicy, LetterTemplate, Stop
from letters.queries.policies import left_out_choices
from letters.queries.standing import KINDS
from letters.rules.fields import Field


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


DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EditTemplate(forms.Form):
    """What a letter says, which version was changed, and why."""

    subject = forms.CharField(max_length=200, label="Subject", help_text="The letter's title, and an e-mail's subject.")
    body = forms.CharField(
        label="Body",
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "true", "class": "words"}),
        strip=False,
    )
    why = forms.CharField(
        max_length=200, required=False, label="What you changed", help_text="For whoever looks later."
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class AddTemplate(forms.Form):
    """A letter of one's own, or one in another language."""

    kind = forms.ChoiceField(label="What it is for", choices=LetterKind.choices)
    name = forms.CharField(max_length=100, label="Name", help_text="A translation has the name of the English letter.")
    language = forms.CharField(max_length=40, label="Language", initial="English")


class Head(forms.Form):
    """The letterhead."""

    lines = forms.CharField(
        label="Lines beside the school's name",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Up to five. Empty: the address, telephone and e-mail from the school's details.",
    )
    foot = forms.CharField(label="Line at the foot of every page", required=False, max_length=300)
    ring_name = forms.CharField(label="Adult to ring", required=False, max_length=150)
    ring_phone = forms.CharField(label="Their number", required=False, max_length=40)
    signatory = forms.CharField(label="Who signs", required=False, max_length=150)
    signatory_title = forms.CharField(label="Their title", required=False, max_length=150)
    logo = forms.FileField(label="Logo", required=False, help_text="PNG or JPEG, up to 1 MB.")
    without_logo = forms.BooleanField(label="Take the logo off", required=False)


class Write(forms.Form):
    """About whom a letter is written, which days it speaks of, and what it asks to be filled in."""

    who = forms.CharField(
        label="Pupils",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One a line: a UPN, or surname and forename. A list may be pasted.",
    )
    from_on = DayField(label="Attendance from", widget=DATE)
    to_on = DayField(label="To", widget=DATE)
    before_from_on = DayField(label="Compared with, from", widget=DATE, required=False)
    before_to_on = DayField(label="To", widget=DATE, required=False)
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, fields: Mapping[Field, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not {"per cent before", "gained"} & {field.name for field in fields}:
            del self.fields["before_from_on"], self.fields["before_to_on"]
        asked = [field for field in fields if field.is_given]
        self.asked = {f"given_{place}": field.name for place, field in enumerate(asked)}
        for place, field in enumerate(asked):
            self.fields[f"given_{place}"] = forms.CharField(
                label=field.name.capitalize(),
                max_length=300,
                required=fields[field],
                help_text=f"For example: {field.example}",
            )

    @property
    def given(self) -> dict[str, str]:
        """Give what was filled in, by field."""
        return {name: self.cleaned_data[key].strip() for key, name in self.asked.items() if self.cleaned_data.get(key)}

    def clean(self) -> dict[str, Any]:
        """Ask for days in order, and for both ends of what is compared."""
        data = super().clean() or self.cleaned_data
        in_order(self, data, "from_on", "to_on")
        if bool(data.get("before_from_on")) != bool(data.get("before_to_on")):
            raise forms.ValidationError("Give both days of the time it is compared with, or neither.")
        in_order(self, data, "before_from_on", "before_to_on")
        return data


class Certificates(forms.Form):
    """Which certificates, over which days, for whom."""

    kind = forms.ChoiceField(
        label="Certificate",
        choices=[("certificate_full", "Full attendance"), ("certificate_improved", "Most improved")],
    )
    from_on = DayField(label="From", widget=DATE)
    to_on = DayField(label="To", widget=DATE)
    before_from_on = DayField(label="Compared with, from", widget=DATE, required=False)
    before_to_on = DayField(label="To", widget=DATE, required=False)
    least_possible = forms.IntegerField(label="Least possible sessions", min_value=1, max_value=400)
    best = forms.IntegerField(label="How many of the most improved", min_value=1, max_value=500)
    group = forms.ChoiceField(label="Year or form", required=False)
    layout = forms.ChoiceField(label="Page", choices=[("portrait", "Upright"), ("landscape", "On its side")])

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["group"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Everybody"), *groups]

    def clean(self) -> dict[str, Any]:
        """Ask for days in order, and for the days before where improvement is measured."""
        data = super().clean() or self.cleaned_data
        in_order(self, data, "from_on", "to_on")
        if data.get("kind") == "certificate_improved":
            if not data.get("before_from_on") or not data.get("before_to_on"):
                raise forms.ValidationError("The most improved are found by comparing: give the days before.")
            in_order(self, data, "before_from_on", "before_to_on")
            if data.get("from_on") and data["before_to_on"] >= data["from_on"]:
                self.add_error("before_to_on", "The days before end before the others begin.")
        return data


def in_order(form: forms.Form, data: dict[str, Any], first: str, last: str) -> None:
    """Ask for a last day that is not before the first."""
    if data.get(first) and data.get(last) and data[last] < data[first]:
        form.add_error(last, "It ends before it begins.")


class Why(forms.Form):
    """A reason, for the record."""

    why = forms.CharField(label="Why", max_length=250, error_messages={"required": "Say why."})


class KeepStop(forms.Form):
    """A do-not-send stop."""

    covers = forms.ChoiceField(label="Stops", choices=Stop.Covers.choices, initial=Stop.Covers.ALL)
    reason = forms.CharField(label="Reason", max_length=300)
    owner = forms.ModelChoiceField(
        queryset=User.objects.none(), label="Whom to ask", help_text="Named to everybody who would write."
    )
    to_on = DayField(
        label="Last day", required=False, widget=DATE,
        help_text="Empty: until it is lifted.",
    )  # fmt: skip
    is_private = forms.BooleanField(
        label="For safeguarding eyes only", required=False, help_text="Others read whom to ask, and not why."
    )

    def __init__(self, *args: Any, school: School, may_be_private: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        if isinstance(field, forms.ModelChoiceField):
            people = User.objects.filter(posts__school=school, posts__ended_on=None, is_active=True)
            field.queryset = people.distinct().order_by("last_name", "first_name", "pk")
        if not may_be_private:
            del self.fields["is_private"]


class Rule(forms.Form):
    """What is tried or set for one level."""

    below = forms.DecimalField(label="Below, per cent", max_digits=5, decimal_places=2, min_value=0, max_value=100)
    counted = forms.ChoiceField(label="Counted", choices=LetterPolicy.Counted.choices)
    least_possible = forms.IntegerField(
        label="Least possible sessions", min_value=0, max_value=380, help_text="Before a letter can be due."
    )


class Policy(Rule):
    """When the letter of a level is due, from a day on."""

    cooling_off_days = forms.IntegerField(
        label="Days between two letters", min_value=0, max_value=366, help_text="About the same pupil, of either level."
    )
    recovers_after_days = forms.IntegerField(
        label="Days of recovery",
        min_value=0,
        max_value=366,
        help_text="At or above the level for so long, the pupil has recovered: a later fall is written about anew.",
    )
    new_within_days = forms.IntegerField(label="Days on roll before a letter", min_value=0, max_value=366)
    leaves_out = forms.MultipleChoiceField(label="Left out", required=False, widget=forms.CheckboxSelectMultiple)
    template = forms.ModelChoiceField(queryset=LetterTemplate.objects.none(), label="Written with", empty_label=None)
    tells_head_of_year = forms.BooleanField(label="Tell the head of year", required=False)
    is_on = forms.BooleanField(label="Letters of this level are proposed", required=False)
    from_on = DayField(label="From", widget=DATE)

    def __init__(self, *args: Any, school: School, level: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice, template = self.fields["leaves_out"], self.fields["template"]
        if isinstance(choice, forms.MultipleChoiceField):
            choice.choices = left_out_choices(school.pk)
        if isinstance(template, forms.ModelChoiceField):
            rows = LetterTemplate.objects.filter(school=school, kind=KINDS[level], is_used=True)
            template.queryset = rows.order_by("name", "pk")


class GiveReward(forms.Form):
    """Who was given what, on which day and for what; the page's token: a press twice is one giving."""

    who = forms.CharField(
        label="Pupils",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One a line: a UPN, or surname and forename. A list may be pasted.",
    )
    name = forms.CharField(
        label="What was given", max_length=80, widget=forms.TextInput(attrs={"list": "rewards-used"}),
        help_text="Such as a postcard home, a breakfast pass, a badge. Use the same words each time.",
    )  # fmt: skip
    given_on = forms.DateField(label="On", widget=DATE)
    why = forms.CharField(label="For what", max_length=300, required=False, help_text="Such as three whole weeks.")
    token = forms.UUIDField(widget=forms.HiddenInput)


class RewardsAsked(forms.Form):
    """Which part of the rewards' log is asked for."""

    q = forms.CharField(label="Name or form", max_length=60, required=False)
    year = forms.ChoiceField(label="Year", required=False)
    what = forms.ChoiceField(label="What", required=False)
    from_on = forms.DateField(label="From", widget=DATE)
    to_on = forms.DateField(label="To", widget=DATE)

    def __init__(self, *args: Any, years: Sequence[int], whats: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"] = forms.ChoiceField(
            label="Year", required=False, choices=[("", "All years"), *((str(one), f"Year {one}") for one in years)]
        )
        self.fields["what"] = forms.ChoiceField(
            label="What", required=False, choices=[("", "Anything"), *((one, one) for one in whats)]
        )

    def clean(self) -> dict[str, Any]:
        """Ask for days in order."""
        data = super().clean() or self.cleaned_data
        in_order(self, data, "from_on", "to_on")
        return data
