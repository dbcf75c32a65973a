"""Boxes that every form of the wing asks with."""

from typing import Final

from django import forms

DATE: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME: Final = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
