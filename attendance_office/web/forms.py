"""Shapes of what is asked about staff."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import OF_THE_TRUST, TITLES, Role
from attendance_office.web.fields import DayField


class SignIn(LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"
        self.fields["password"].help_text = ""  # the way to a new password stands under the button
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class Person(forms.ModelForm):  # type: ignore[type-arg]
    """Who somebody is."""

    class Meta:
        model = User
        fields = ("title", "first_name", "last_name", "email", "phone")
        labels = {"first_name": "Forename", "last_name": "Surname"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = True


class NewPerson(Person):
    """Who somebody is who begins here. An address that is known already is no fault: the person has another school."""

    def validate_unique(self) -> None:
        """Leave the address to the action, which knows whether its account works here already."""


class GivePost(forms.Form):
    """A role in this school."""

    role = forms.ChoiceField(choices=[(r.value, TITLES[r]) for r in Role if r not in OF_THE_TRUST])
    year_group = forms.IntegerField(required=False, min_value=-2, max_value=14, help_text="For a head of year.")
    tutor_group = forms.ModelChoiceField(
        queryset=TutorGroup.objects.none(), required=False, help_text="For a tutor: their own form."
    )

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["tutor_group"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.queryset = TutorGroup.objects.filter(school=school, is_used=True).order_by("year_group", "name")


class SchoolDetails(forms.ModelForm):  # type: ignore[type-arg]
    """What letters and messages say of the school. Its numbers come with the school's file and stay."""

    class Meta:
        model = School
        fields = ("name", "headteacher", "address", "postcode", "phone", "email")
        labels = {"phone": "Telephone of the attendance office", "email": "E-mail of the attendance office"}
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}


class Reason(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=300, label="How did you make sure who asked?")


class Trail(forms.Form):
    """Narrowing of the audit trail."""

    q = forms.CharField(required=False, label="Words")
    who = forms.CharField(required=False, label="Who")
    kind = forms.ChoiceField(required=False, label="About")
    on = DayField(required=False, label="Day", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.choices = [("", "Anything"), *((kind, kind.replace("_", " ").capitalize()) for kind in kinds)]
