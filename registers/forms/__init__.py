"""Shapes of what is asked. A module for each subject; the first two are given here by name."""

from .calendar import AddClosure, CodesOn, SaveTerm, SetTimes
from .pupils import AddToGroup, AmendMark, AsItStoodAt, BulkAdd, ChangePupil, MakeGroup, TakeFromGroup, code_choices

__all__ = [
    "AddClosure",
    "AddToGroup",
    "AmendMark",
    "AsItStoodAt",
    "BulkAdd",
    "ChangePupil",
    "CodesOn",
    "MakeGroup",
    "SaveTerm",
    "SetTimes",
    "TakeFromGroup",
    "code_choices",
]
