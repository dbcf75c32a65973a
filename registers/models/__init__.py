"""The nouns of the record."""

from .absences import AbsenceNote, Call, Channel, LineMessage
from .agreements import EVERY_SESSION, Agreement, AgreementPupil, Closure
from .attendance import Amendment, CodeInForce, Cover, Mark, Receipt, Register, TakenBackMark, WeekTotal
from .calendar import Half, NonSchoolDay, SessionTimes, Term
from .doubts import Doubt
from .files import StoredFile
from .imports import Feeds, Import, ImportedRow, Source
from .links import Link, Pull, PullPage, RemoteName, Writeback
from .pupils import Contact, Enrolment, Group, Membership, Parent, Placement, Pupil
from .roll import ContactFault, Return
from .timetable import Lesson, LessonCover, LessonMark, LessonRegister, Period, Seat, TeachingGroup, TimetableWeek

__all__ = [
    "EVERY_SESSION",
    "AbsenceNote",
    "Agreement",
    "AgreementPupil",
    "Amendment",
    "Call",
    "Channel",
    "Closure",
    "CodeInForce",
    "Contact",
    "ContactFault",
    "Cover",
    "Doubt",
    "Enrolment",
    "Feeds",
    "Group",
    "Half",
    "Import",
    "ImportedRow",
    "Lesson",
    "LessonCover",
    "LessonMark",
    "LessonRegister",
    "LineMessage",
    "Link",
    "Mark",
    "Membership",
    "NonSchoolDay",
    "Parent",
    "Period",
    "Placement",
    "Pull",
    "PullPage",
    "Pupil",
    "Receipt",
    "Register",
    "RemoteName",
    "Return",
    "Seat",
    "SessionTimes",
    "Source",
    "StoredFile",
    "TakenBackMark",
    "TeachingGroup",
    "Term",
    "TimetableWeek",
    "WeekTotal",
    "Writeback",
]
