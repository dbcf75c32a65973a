"""Filters above lists of the post room."""

from __future__ import annotations

import django_filters
from django import forms

from letters.models import Message


class Messages(django_filters.FilterSet):
    """By state, by what it is about, by day, and by person."""

    state = django_filters.ChoiceFilter(choices=Message.State.choices, label="State", empty_label="Any state")
    kind = django_filters.ChoiceFilter(choices=Message.Kind.choices, label="About", empty_label="Anything")
    on = django_filters.DateFilter(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    to = django_filters.CharFilter(field_name="recipient_name", lookup_expr="icontains", label="To")

    class Meta:
        model = Message
        fields = ("state", "kind", "on", "to")
