"""What the columns of other systems mean: header names by subject, and a guess at a file's source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .table import Table

# Our column, and what it is called elsewhere, in small letters without anything but letters and digits.
PUPILS: Final[Mapping[str, tuple[str, ...]]] = {
    "upn": ("upn", "uniquepupilnumber", "studentupn", "educationdetailsupn"),
    "remote_id": (),
    "admission_number": (
        "adno", "admissionnumber", "admno", "admissionno", "educationdetailsadmissionnumber", "misid", "studentid",
        "arborid", "primaryid", "id",
    ),
    "legal_surname": ("legalsurname", "legallastname", "surname", "lastname", "familyname"),
    "legal_forename": ("legalforename", "legalfirstname", "forename", "firstname", "givenname"),
    "full_name": ("surnameforename", "name", "studentname", "pupilname", "student", "displayname"),
    "known_as": ("preferredforename", "preferredfirstname", "chosenname", "knownas"),
    "middle_names": ("middlenames", "middlename"),
    "date_of_birth": ("dob", "dateofbirth", "birthdate"),
    "sex": ("sex", "gender", "legalsex"),
    "year_group": (
        "year", "yeargroup", "ncyear", "ncyearactual", "yeartaughtin", "grade", "educationdetailscurrentncyear",
        "yearname", "yearcode",
    ),
    "tutor_group": ("reg", "reggroup", "registrationgroup", "form", "tutorgroup", "registrationform", "regform"),
    "starts_on": (
        "admissiondate", "educationdetailsadmissiondate", "dateofadmission", "doa", "enrolmentdate", "enrolmentstart",
        "startdate",
    ),
    "ends_on": ("leavingdate", "dateofleaving", "enrolmentend", "enddate"),
    "address": ("address", "homeaddress", "fulladdress"),
    "postcode": ("postcode", "homepostcode"),
    "sen": ("senstatus", "sen", "senprovision"),
    "eal": ("eal", "englishadditionallanguage"),
    "pp": ("pp", "pupilpremium", "pupilpremiumindicator"),
    "fsm": ("fsm", "freeschoolmeals", "fsmeligible", "eligibleforfreemeals"),
    "ethnicity": ("ethnicity", "ethniccode"),
    "first_language": ("firstlanguage", "homelanguage"),
}  # fmt: skip
CONTACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "upn": PUPILS["upn"],
    "remote_id": (),
    "reference": ("contactid", "contactreference"),
    "admission_number": ("adno", "admissionnumber", "studentid", "arborid", "studentmisid"),
    "full_name": ("studentname", "pupilname", "student"),
    "surname": ("contactsurname", "parentsurname", "surname", "lastname"),
    "forename": ("contactforename", "parentforename", "forename", "firstname"),
    "title": ("title", "contacttitle", "salutation"),
    "relationship": (
        "relationship", "relation", "relationshiptostudent", "relationshiptype", "relationshiprelationship",
    ),
    "priority": (
        "priority", "contactpriority", "contactorder", "emergencycontactpriority", "relationshippriority",
    ),
    "mobile": ("mobile", "mobilephone", "mobilenumber", "phonemobile", "contactdetailsphonesmobile"),
    "home_phone": ("homephone", "hometelephone", "phonehome", "telephone", "contactdetailsphoneshome"),
    "work_phone": ("workphone", "worktelephone", "phonework", "contactdetailsphoneswork"),
    "email": ("email", "emailaddress", "primaryemail", "contactdetailsemailsemail"),
    "address": ("address", "contactaddress"),
    "postcode": ("postcode", "contactpostcode"),
    "has_responsibility": ("parentalresponsibility", "islegalguardian", "relationshipparentalresponsibility"),
    "lives_with": ("liveswith", "liveswithpupil", "relationshipliveswithpupil"),
}  # fmt: skip
MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    "upn": PUPILS["upn"],
    "remote_id": (),
    "admission_number": ("adno", "admissionnumber", "admno", "studentid", "arborid"),
    "full_name": ("surnameforename", "studentname", "pupilname", "student", "name"),
    "form": PUPILS["tutor_group"],
    "on": ("date", "on", "attendancedate", "markdate", "recorddate", "day"),
    "session": ("session", "ampm", "rollcall", "attendancerollcall", "sessionname"),
    "code": ("code", "mark", "attendancemark", "attendancecode", "sessionmark", "sessionmarkid", "markcode"),
    "minutes_late": ("minuteslate", "sessionminuteslate", "minslate", "late"),
    "comment": ("comment", "comments", "note", "sessionnotes", "recordnote"),
}  # fmt: skip
_CLASS: Final = ("class", "classname", "classcode", "teachinggroup", "teachinggroupname")
LESSONS: Final[Mapping[str, tuple[str, ...]]] = {
    "class": _CLASS,
    "slot": ("timetableperiod", "ttperiod"),
    "week": ("week", "weekletter", "timetableweek"),
    "day": ("day", "weekday", "dayofweek"),
    "period": ("period", "periodname"),
    "subject": ("subject", "subjectname"),
    "year_group": ("year", "yeargroup", "ncyear"),
    "teacher": ("teacher", "teacheremail", "teachercode", "staffcode", "staffemail", "staff"),
    "room": ("room", "roomname", "roomcode"),
    "from_on": ("fromon", "from", "startdate"),
    "to_on": ("toon", "to", "enddate"),
}
SEATS: Final[Mapping[str, tuple[str, ...]]] = {
    "class": _CLASS,
    "upn": PUPILS["upn"],
    "admission_number": ("adno", "admissionnumber", "admno", "studentid", "arborid"),
    "full_name": ("surnameforename", "studentname", "pupilname", "student", "name"),
    "form": PUPILS["tutor_group"],
    "from_on": LESSONS["from_on"],
    "to_on": LESSONS["to_on"],
}
FEEDS: Final = {"pupils": PUPILS, "contacts": CONTACTS, "marks": MARKS, "lessons": LESSONS, "seats": SEATS}
# What a file must bring, one of each, for its rows to be read at all.
NEEDED: Final = {
    "pupils": (("legal_surname", "full_name"), ("legal_forename", "full_name")),
    "contacts": (("upn", "admission_number", "full_name", "remote_id"), ("surname",), ("relationship",)),
    "marks": (("upn", "admission_number", "full_name", "remote_id"), ("on", "wide"), ("code", "wide")),
    "lessons": (("class",), ("day", "slot"), ("period", "slot")),
    "seats": (("class",), ("upn", "admission_number", "full_name")),
}
# The pupil's id in Wonde: only there is it what the link calls the pupil.
_WONDE_IDS: Final = {"pupils": "id", "contacts": "student_id"}
# What a column of ours is called on screen where its name does not say it.
_LABELS: Final = {
    "upn": "UPN", "remote_id": "id in a linked system", "reference": "contact's id there", "sen": "SEN",
    "eal": "English as an additional language", "pp": "pupil premium", "fsm": "free school meals",
    "slot": "week, day and period in one column", "full_name": "name in one column",
    "from_on": "first day", "to_on": "last day", "on": "day", "form": "tutor group", "starts_on": "starting day",
    "ends_on": "last day on roll", "has_responsibility": "parental responsibility",
    "lives_with": "lives with the pupil",
}  # fmt: skip
_WIDE: Final = re.compile(r"^(\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})[\s:_-]*(am|pm)$", re.IGNORECASE)
_SLASHED: Final = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}$")
_LATEST_MONTH: Final = 12


@dataclass(frozen=True)
class Guess:
    """What a file seems to be: its system, what it brings, and which of its columns is which of ours."""

    system: str
    feeds: str
    mapping: dict[str, str] = field(default_factory=dict)
    date_order: str = "dmy"
    is_sure_of_dates: bool = True


# Files that lie beside those that are read, by headings that only they have.
_OTHER_KINDS: Final = (
    (frozenset({"teachernumber", "schooldfenumber"}), "teachers: staff are kept under Office, Staff"),
    (
        frozenset({"sectionname", "schooldfenumber"}),
        "classes without their hours: the file of the timetable brings both",
    ),
    (frozenset({"sectionid"}), "who sits in which class: that is kept under Office, Timetable"),
    (frozenset({"dfenumber", "gradelow"}), "schools"),
    (frozenset({"sourcedid", "classsourcedid"}), "who sits in which class: that is kept under Office, Timetable"),
    (frozenset({"sourcedid", "orgsourcedid"}), "classes, roles or people with no UPN: it is not read"),
)


def other_kind(table: Table) -> str:
    """Say what a file brings that is read nowhere, and where such things are kept; empty for every other file."""
    heads = {plain(head) for head in table.columns}
    return next((words for signs, words in _OTHER_KINDS if signs <= heads), "")


def label(ours: str) -> str:
    """Give what a column of ours is called on screen."""
    return _LABELS.get(ours, ours.replace("_", " "))


def plain(head: str) -> str:
    """Give a heading in small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", head.lower())


def guess(table: Table) -> Guess:
    """Guess a file's source, what it brings and its columns; a person sees it and may say otherwise."""
    feeds = _feeds(table)
    order, sure = date_order(table)
    system = _system(table)
    return Guess(system, feeds, match(table, feeds, system=system), order, sure)


def can_be_read(feeds: str, columns: Iterable[str]) -> bool:
    """Tell whether all that a file must bring is matched."""
    held = set(columns)
    return all(held & set(ones) for ones in NEEDED[feeds])


def match(table: Table, feeds: str, *, system: str = "") -> dict[str, str]:
    """Match our columns to a file's, each once, the likelier names first."""
    heads = {plain(head): head for head in reversed(table.columns)}
    found: dict[str, str] = {}
    theirs = _WONDE_IDS.get(feeds, "") if system == "wonde" else ""
    if theirs in table.columns:
        found["remote_id"] = theirs
    taken = set(found.values())
    for ours, names in FEEDS[feeds].items():
        for name in names:
            head = heads.get(name)
            if head is not None and head not in taken:
                found[ours] = head
                taken.add(head)
                break
    if "full_name" in found and ("legal_surname" in found or "legal_forename" in found):
        del found["full_name"]
    return found


def wide_columns(table: Table) -> dict[str, tuple[str, str]]:
    """Give the columns that are each a session, with their day as written and AM or PM."""
    found = {}
    for head in table.columns:
        session = _WIDE.match(head.strip())
        if session:
            found[head] = (session[1], session[2].upper())
    return found


def date_order(table: Table) -> tuple[str, bool]:
    """Give whether days or months come first in a file's dates, and whether any of them settles it."""
    first = second = False
    samples = [*wide_columns(table).values()]
    texts = [on for on, _ in samples] + [cell for _, cells in table.rows[:2000] for cell in cells if cell[:1].isdigit()]
    seen = False
    for text in texts:
        found = _SLASHED.match(text.strip())
        if not found:
            continue
        seen = True
        first |= int(found[1]) > _LATEST_MONTH
        second |= int(found[2]) > _LATEST_MONTH
    if second and not first:
        return "mdy", True
    return "dmy", first or not seen


def _feeds(table: Table) -> str:
    heads = {plain(head) for head in table.columns}
    if wide_columns(table):
        return "marks"
    has_code = any(name in heads for name in MARKS["code"])
    if has_code and any(name in heads for name in MARKS["on"]):
        return "marks"
    if any(name in heads for name in CONTACTS["relationship"]):
        return "contacts"
    if heads & set(_CLASS):
        if heads & {*LESSONS["period"], *LESSONS["slot"]}:
            return "lessons"
        if heads.isdisjoint({*PUPILS["date_of_birth"], *PUPILS["legal_surname"], *PUPILS["starts_on"]}):
            return "seats"
    return "pupils"


def _system(table: Table) -> str:
    heads = {plain(head) for head in table.columns}
    if table.shape == "xml":
        return "sims_xml"
    if "schooldfenumber" in heads:
        return "sds_uk"
    if "upi" in heads and "misid" in heads:
        return "wonde"
    if heads & {"arborid", "rollcall", "attendancerollcall"}:
        return "arbor"
    if heads & {"sessionmarkid", "sessionminuteslate", "sessionnotes"}:
        return "go4schools"
    if "schoolattendancecode" in heads or "tutorgroupname" in heads or {"adno", "studentname"} <= heads:
        return "bromcom"
    if heads & {"adno", "surnameforename", "reg", "reggroup"}:
        return "sims_csv"
    return "other"
