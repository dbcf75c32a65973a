"""The nouns of the record."""

from .attendance import Amendment, CodeInForce, Cover, Mark, Receipt, Register, WeekTotal
from .calendar import Half, NonSchoolDay, SessionTimes, Term
from .pupils import Contact, Enrolment, Group, Membership, Parent, Placement, Pupil

__all__ = [
    "Amendment",
    "CodeInForce",
    "Contact",
    "Cover",
    "Enrolment",
    "Group",
    "Half",
    "Mark",
    "Membership",
    "NonSchoolDay",
    "Parent",
    "Placement",
    "Pupil",
    "Receipt",
    "Register",
    "SessionTimes",
    "Term",
    "WeekTotal",
]
