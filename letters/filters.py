"""Filters above lists of the post room."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet

from letters.models import Letter, LetterKind, Message
from letters.queries.outbox import to_look_at
from registers.models import Pupil
from registers.queries.pupils import called


class Messages(django_filters.FilterSet):
    """By state, by what it is about, by day, and by person."""

    state = django_filters.ChoiceFilter(
        method="of_state",
        choices=[*Message.State.choices, ("look", "To look at")],
        label="State",
        empty_label="Any state",
    )
    kind = django_filters.ChoiceFilter(choices=Message.Kind.choices, label="About", empty_label="Anything")
    on = django_filters.DateFilter(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    to = django_filters.CharFilter(field_name="recipient_name", lookup_expr="icontains", label="To")

    class Meta:
        model = Message
        fields = ("state", "kind", "on", "to")

    def of_state(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        """Narrow by state; to be looked at are those of which nobody knows that they arrived."""
        return to_look_at(rows) if value == "look" else rows.filter(state=value)


class Letters(django_filters.FilterSet):
    """By state, kind, year group, and by the name of pupil or parent."""

    state = django_filters.ChoiceFilter(
        method="of_state",
        choices=[*Letter.State.choices, ("doubted", "In doubt")],
        label="State",
        empty_label="Any state",
    )
    kind = django_filters.ChoiceFilter(choices=LetterKind.choices, label="Letter", empty_label="Any letter")
    year = django_filters.NumberFilter(field_name="pupil__year_group", label="Year")
    q = django_filters.CharFilter(method="called", label="Pupil")

    class Meta:
        model = Letter
        fields = ("state", "kind", "year", "q")

    def of_state(self, rows: QuerySet[Letter], name: str, value: str) -> QuerySet[Letter]:
        """Narrow by state; recalled are those that were stopped and those recalled after they went."""
        if value == Letter.State.RECALLED:
            return rows.filter(recalled_at__isnull=False)
        if value == "doubted":
            return rows.filter(doubted_at__isnull=False, recalled_at=None, stands_at=None)
        return rows.filter(state=value)

    def called(self, rows: QuerySet[Letter], name: str, value: str) -> QuerySet[Letter]:
        """Narrow by the name or form of the pupil."""
        return rows.filter(pupil__in=called(Pupil.objects.all(), value))
