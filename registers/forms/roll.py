"""Shapes of what is asked when a pupil is enrolled, moves or leaves, and about contacts."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from attendance_office.staff.models import School, TutorGroup
from attendance_office.web.fields import DayField
from registers.models import Contact, ContactFault, Enrolment, Parent, Pupil
from registers.rules.deletion import GROUNDS
from registers.rules.upn import check_upn

from .fields import DATE

_PLACE: Final = ("admission_number", "last_school", "year_group")


class Enrol(forms.ModelForm):  # type: ignore[type-arg]
    """A new pupil: the lines of the admission register, the form, and the first parent."""

    tutor_group = forms.ModelChoiceField(label="Form", queryset=TutorGroup.objects.none(), required=False)
    starts_on = DayField(label="Starting day", widget=DATE)
    kind = forms.ChoiceField(label="Registered", choices=Enrolment.Kind.choices, initial=Enrolment.Kind.SINGLE)
    parent_title = forms.CharField(label="Parent's title", max_length=20, required=False)
    parent_forename = forms.CharField(label="Parent's forename", max_length=100, required=False)
    parent_surname = forms.CharField(label="Parent's surname", max_length=100, required=False)
    relationship = forms.CharField(max_length=40, initial="Mother")
    parent_mobile = forms.CharField(label="Mobile", max_length=40, required=False)
    parent_home_phone = forms.CharField(label="Home phone", max_length=40, required=False)
    parent_email = forms.EmailField(label="E-mail", required=False)
    contact = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Pupil
        fields = (
            "upn", "legal_surname", "legal_forename", "middle_names", "known_as", "former_surname", "sex",
            "date_of_birth", "address", "postcode", "last_school", "admission_number", "first_language", "is_boarder",
            "is_mobile_child",
            "year_group",
        )  # fmt: skip
        widgets = {"date_of_birth": DATE}

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = self.fields["tutor_group"]
        assert isinstance(groups, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what was declared above
        groups.queryset = TutorGroup.objects.filter(school=school, is_used=True).order_by("year_group", "name")
        self.fields["year_group"].required = False

    @property
    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Give the fields in the parts in which they are asked."""
        child = [name for name in self.Meta.fields if name not in _PLACE]
        parent = [name for name in self.fields if name.startswith("parent_") or name == "relationship"]
        place = [*_PLACE, "tutor_group", "starts_on", "kind"]
        asked = (("The child", child), ("The place", place), ("A parent", parent))
        return [(title, [self[name] for name in names]) for title, names in asked]

    def clean_upn(self) -> str:
        """Refuse a number whose check letter is wrong, saying which would be right."""
        try:
            return check_upn(self.cleaned_data["upn"])
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        """Give the year group from the form, else from the date of birth."""
        got = super().clean() or {}
        group, born, starts = got.get("tutor_group"), got.get("date_of_birth"), got.get("starts_on")
        if group is not None:
            got["year_group"] = group.year_group
        elif got.get("year_group") is None and born and starts:
            turn = starts.year - (starts.month < 8)
            got["year_group"] = turn - (born.year - (born.month < 9)) - 5
        return got

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "school", "sort_name"}  # type: ignore[misc]

    def validate_unique(self) -> None:
        """Leave a UPN that is known to the action: it may be a pupil who comes back."""

    @property
    def details(self) -> dict[str, Any]:
        """Give the pupil's own lines."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields if self.cleaned_data[name] is not None}

    @property
    def parent(self) -> dict[str, str]:
        """Give the first parent's details, at the pupil's address."""
        said = self.cleaned_data
        names = ("title", "forename", "surname", "mobile", "home_phone", "email")
        own = {name: said[f"parent_{name}"] for name in names}
        own["surname"] = own["surname"] or said["legal_surname"]
        return own | {"address": said["address"], "postcode": said["postcode"]}


class Move(forms.Form):
    """Another form from a day on, and why."""

    tutor_group = forms.ModelChoiceField(label="New form", queryset=TutorGroup.objects.none())
    from_on = DayField(label="From", widget=DATE)
    reason = forms.CharField(label="Why", max_length=400)

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = self.fields["tutor_group"]
        assert isinstance(groups, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what was declared above
        groups.queryset = TutorGroup.objects.filter(school=school, is_used=True).order_by("year_group", "name")


class Leave(forms.Form):
    """The last day, the ground with its conditions, and where the pupil goes."""

    last_on = DayField(label="Last day on roll", widget=DATE)
    ground = forms.ChoiceField(
        label="Ground of deletion",
        required=False,
        choices=[("", "None: not of compulsory school age"), *((one.letter, one.words) for one in GROUNDS.values())],
    )
    confirmed = forms.TypedMultipleChoiceField(coerce=int, required=False)
    destination = forms.CharField(label="New school, or where to", max_length=200, required=False)
    destination_from_on = DayField(label="Starts there", required=False, widget=DATE)
    future_address = forms.CharField(label="Future address", max_length=400, required=False)
    future_address_from_on = DayField(label="Lives there from", required=False, widget=DATE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["confirmed"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - tells the type checker what was declared
        field.choices = [(place, str(place)) for place in range(max(len(one.conditions) for one in GROUNDS.values()))]


class MarkReturn(forms.Form):
    """When a return was sent and how, or why it is not needed."""

    sent_on = DayField(label="Sent on", required=False, widget=DATE)
    how = forms.CharField(label="How", max_length=200, required=False)
    why_not = forms.CharField(label="Not needed, because", max_length=200, required=False)


class ContactDetails(forms.ModelForm):  # type: ignore[type-arg]
    """A contact's name, numbers and address."""

    class Meta:
        model = Contact
        fields = (
            "title", "forename", "surname", "mobile", "home_phone", "work_phone", "email", "address", "postcode",
            "language", "is_large_print", "letters_by", "alerts_by",
        )  # fmt: skip
        labels = {"email": "E-mail"}


class ContactLink(forms.ModelForm):  # type: ignore[type-arg]
    """What a contact is to a pupil."""

    class Meta:
        model = Parent
        fields = (
            "relationship", "has_responsibility", "lives_with", "priority", "gets_letters", "may_be_told",
            "do_not_contact", "why_not",
        )  # fmt: skip


class ReportFault(forms.Form):
    """Which number does not work, and what is wrong with it."""

    way = forms.ChoiceField(choices=ContactFault.Way.choices)
    fault = forms.ChoiceField(choices=ContactFault.Fault.choices)
