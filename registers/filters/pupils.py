"""How lists are narrowed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from fractions import Fraction
from typing import Any, Final

import django_filters
from django import forms
from django.db.models import QuerySet

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can
from registers.models import Group, Pupil
from registers.models.pupils import PupilQuerySet
from registers.queries import pupils
from registers.rules.dates import spoken_date

_DATE: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_YES: Final = [("yes", "Yes"), ("no", "No")]
_NEEDS: Final = {
    "sen": Can.SEE_NEEDS,
    "eal": Can.SEE_NEEDS,
    "pp": Can.SEE_MEANS,
    "fsm": Can.SEE_MEANS,
    "flag": Can.SEE_SAFEGUARDING,
}


class Pupils(django_filters.FilterSet):
    """The list of pupils: by name, place, need, group, attendance and day on roll.

    Filters on what a person may not see are not there for them: neither offered nor obeyed.
    """

    q = django_filters.CharFilter(label="Name, UPN or form", method="by_name")
    year = django_filters.ChoiceFilter(label="Year", field_name="year_group", empty_label="Any")
    form = django_filters.ModelChoiceFilter(
        label="Form", field_name="tutor_group", queryset=TutorGroup.objects.none(), empty_label="Any"
    )
    group = django_filters.ModelChoiceFilter(
        label="Group", queryset=Group.objects.none(), method="by_group", empty_label="Any"
    )
    below = django_filters.NumberFilter(
        label="Attendance below %",
        method="later",
        min_value=1,
        max_value=100,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    on = django_filters.DateFilter(label="On roll on", method="by_roll", widget=_DATE)
    sex = django_filters.ChoiceFilter(label="Sex", choices=Pupil.Sex.choices, empty_label="Any")
    sen = django_filters.ChoiceFilter(
        label="SEN", choices=[*Pupil.Sen.choices, ("any", "Support or plan")], method="by_sen", empty_label="Any"
    )
    eal = django_filters.ChoiceFilter(
        label="EAL", field_name="is_eal", choices=_YES, method="by_yes", empty_label="Any"
    )
    pp = django_filters.ChoiceFilter(
        label="Pupil premium", field_name="is_pp", choices=_YES, method="by_yes", empty_label="Any"
    )
    fsm = django_filters.ChoiceFilter(
        label="Free school meals", field_name="is_fsm", choices=_YES, method="by_yes", empty_label="Any"
    )
    flag = django_filters.ChoiceFilter(
        label="Safeguarding", choices=list(pupils.SAFEGUARDING.items()), method="by_flag", empty_label="Any"
    )

    ALWAYS: Final = ("q", "year", "form", "group", "below")

    def __init__(self, data: Any, *, school: School, user: User, allowed: Collection[Can], today: date) -> None:
        self.today = today
        reach = Pupil.objects.visible_to(user).filter(school=school)
        super().__init__(data, queryset=reach.select_related("tutor_group").in_order())
        for name, can in _NEEDS.items():
            if can not in allowed:
                del self.filters[name]
        groups = TutorGroup.objects.visible_to(user).filter(school=school).order_by("year_group", "name")
        forms_seen = list(groups)
        years = sorted({group.year_group for group in forms_seen})
        self.filters["year"].extra["choices"] = [(str(year), f"Year {year}") for year in years]
        self.filters["form"].queryset = groups
        self.filters["group"].queryset = Group.objects.filter(school=school).order_by("name")

    @property
    def qs(self) -> PupilQuerySet:
        """Give the pupils asked for; those on roll today where no day is named."""
        found: PupilQuerySet = super().qs
        return found if self.value("on") else found.on_roll(self.today)

    def value(self, name: str) -> Any:
        """Give what was asked of one filter, cleaned; None where nothing or nonsense was."""
        return self.form.cleaned_data.get(name) if self.is_bound and hasattr(self.form, "cleaned_data") else None

    @property
    def rate_under(self) -> Fraction | None:
        """Give the share under which the attendance has to lie."""
        wanted = self.value("below")
        return None if wanted is None else Fraction(wanted) / 100

    def by_name(self, queryset: PupilQuerySet, _name: str, value: str) -> PupilQuerySet:
        """Narrow to whom the text names."""
        return pupils.called(queryset, value)

    def by_group(self, queryset: PupilQuerySet, _name: str, value: Group) -> PupilQuerySet:
        """Narrow to a group's present members."""
        inside = pupils.present(self.today).filter(group=value)
        return queryset.filter(pk__in=inside.values("pupil"))

    def later(self, queryset: QuerySet[Pupil], _name: str, _value: Any) -> QuerySet[Pupil]:
        """Leave as it is: attendance is compared exactly, after the figures are there."""
        return queryset

    def by_roll(self, queryset: PupilQuerySet, _name: str, value: date) -> PupilQuerySet:
        """Narrow to the pupils on roll on a day."""
        return queryset.on_roll(value)

    def by_sen(self, queryset: PupilQuerySet, _name: str, value: str) -> PupilQuerySet:
        """Narrow by SEN, or to all that have any."""
        return queryset.exclude(sen=Pupil.Sen.NONE) if value == "any" else queryset.filter(sen=value)

    def by_yes(self, queryset: PupilQuerySet, name: str, value: str) -> PupilQuerySet:
        """Narrow by yes or no."""
        return queryset.filter(**{name: value == "yes"})

    def by_flag(self, queryset: PupilQuerySet, _name: str, value: str) -> PupilQuerySet:
        """Narrow to those with one safeguarding flag."""
        return queryset.filter(**{value: True})

    def tags(self) -> list[tuple[str, str]]:
        """Give the filters in force as (name in the address, words)."""
        found = []
        for name, field in self.form.fields.items():
            value = self.value(name)
            if value in (None, ""):
                continue
            if isinstance(value, date):
                words = f"On roll on {spoken_date(value)}"
            elif name == "below":
                words = f"Attendance below {value.normalize():f} %"
            elif name == "q":
                words = f"\u201c{value}\u201d"
            else:
                shown = dict(getattr(field, "choices", ()) if name not in {"form", "group"} else ())
                words = str(shown.get(value, value))
                words = words if name in {"year", "flag"} else f"{field.label}: {words}"
            found.append((name, words))
        return found
