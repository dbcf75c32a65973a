"""Who a row of another system's file is about, and what our own file needs to know of the pupil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q

from attendance_office import clock
from attendance_office.staff.models import School
from registers.models import Enrolment, Import, Link, Pupil, RemoteName, Term
from registers.rules.ages import school_year_starts
from registers.rules.names import folded
from registers.rules.upn import temporary_upn

from .report import FileReport

PUPIL: Final = "pupil"


def upns_by_remote_id(school: School) -> dict[str, str]:
    """Give the UPNs of a school's pupils by their ids in the system it is linked to."""
    names = dict(RemoteName.objects.filter(school=school, thing=PUPIL).values_list("thing_id", "remote_id"))
    upns = (
        Pupil.objects.filter(school=school, pk__in=[int(pk) for pk in names]).values_list("pk", "upn") if names else ()
    )
    return {names[str(pk)]: upn for pk, upn in upns}


def name_pupils(school: School, remote_ids: Mapping[str, str]) -> int:
    """Keep which pupil is which in the system the school is linked to, from ids by UPN; give how many are new."""
    link = Link.objects.filter(school=school).first()
    if link is None or not remote_ids:
        return 0
    pupils = Pupil.objects.filter(school=school, upn__in=remote_ids).values_list("pk", "upn")
    wanted = {str(pk): remote_ids[upn] for pk, upn in pupils}
    held = dict(RemoteName.objects.filter(link=link, thing=PUPIL).values_list("thing_id", "remote_id"))
    new = {key: value for key, value in wanted.items() if held.get(key) != value}
    gone = Q(thing_id__in=new) | Q(remote_id__in=new.values())
    RemoteName.objects.filter(gone, link=link, thing=PUPIL).delete()
    RemoteName.objects.bulk_create(
        RemoteName(school=school, link=link, thing=PUPIL, thing_id=key, remote_id=value) for key, value in new.items()
    )
    return len(new)


class Keys:
    """Pupils of the school by UPN, admission number and name, for files that know no UPN."""

    def __init__(self, reading: Import) -> None:
        self.upns: set[str] = set()
        self.by_number: dict[str, str] = {}
        self.by_name: dict[str, list[tuple[str, str]]] = {}
        self.by_remote_id = upns_by_remote_id(reading.school)
        for pupil in Pupil.objects.filter(school=reading.school).select_related("tutor_group"):
            self.upns.add(pupil.upn)
            if pupil.admission_number:
                self.by_number[pupil.admission_number.lstrip("0")] = pupil.upn
            group = folded(pupil.tutor_group.name) if pupil.tutor_group else ""
            for forename in {pupil.legal_forename, pupil.forename}:
                self.by_name.setdefault(folded(f"{pupil.legal_surname} {forename}"), []).append((pupil.upn, group))

    def resolve(self, values: dict[str, str]) -> str:
        """Write the UPN into a row; give in words why it cannot be."""
        named_there = self.by_remote_id.get(values.get("remote_id", ""))
        if named_there:
            values["upn"] = named_there
        if values.get("upn"):
            return ""
        number = values.get("admission_number", "").lstrip("0")
        name = folded(values.get("full_name", "").replace(",", " "))
        named = self.by_name.get(name, [])
        if number in self.by_number:
            values["upn"] = self.by_number[number]
            if named and values["upn"] not in {upn for upn, _ in named}:
                return f"The number {number} is another pupil's here than the name: the file needs the UPN."
            return ""
        form = folded(values.get("form", ""))
        if form:
            named = [one for one in named if one[1] == form] or named
        if len({upn for upn, _ in named}) == 1:
            values["upn"] = named[0][0]
            return ""
        if named:
            return f"{len(named)} pupils are called so: the file needs their form, admission number or UPN."
        return "No pupil of the school has this admission number or name: import the pupils first."


def _is_somebody_else(held: _Held, values: Mapping[str, str]) -> bool:
    """Tell whether a row that shares a number with a pupil has neither the pupil's surname nor birthday."""
    surname, born = values.get("legal_surname", ""), values.get("date_of_birth", "")
    return bool(surname and born and folded(surname) != folded(held.legal_surname) and born != held.date_of_birth)


@dataclass(frozen=True)
class _Held:
    """What the record says of a pupil where a file must say it and this one does not."""

    sex: str
    year_group: str
    tutor_group: str
    starts_on: str
    has_left: bool
    date_of_birth: str
    legal_surname: str
    legal_forename: str


class Names:
    """What a row of pupils lacks: the UPN, what the record has of a known pupil, and what follows for a new one."""

    def __init__(self, reading: Import) -> None:
        self.school: School = reading.school
        self.options = reading.mapping
        at = reading.started_at or reading.made_at
        self.today = clock.local(at).date()
        self.first = self._first_day()
        self.known: dict[str, str] = {}
        self.held: dict[str, _Held] = {}
        self.left: set[str] = set()
        self.by_remote_id = upns_by_remote_id(self.school)
        stays: dict[int, Enrolment] = {}
        for stay in Enrolment.objects.filter(school=self.school).order_by("starts_on"):
            stays[stay.pupil_id] = stay
        for pupil in Pupil.objects.filter(school=self.school).select_related("tutor_group"):
            if pupil.admission_number:
                self.known[pupil.admission_number.lstrip("0")] = pupil.upn
            self.known[self._key(pupil.legal_surname, pupil.legal_forename, pupil.date_of_birth.isoformat())] = (
                pupil.upn
            )
            last = stays.get(pupil.pk)
            self.held[pupil.upn] = _Held(
                pupil.sex,
                str(pupil.year_group),
                pupil.tutor_group.name if pupil.tutor_group else "",
                last.starts_on.isoformat() if last else "",
                bool(last and last.ends_on and last.ends_on < self.today),
                pupil.date_of_birth.isoformat(),
                pupil.legal_surname,
                pupil.legal_forename,
            )
        self.serial = 0

    def _first_day(self) -> str:
        begins = school_year_starts(self.today)
        first = Term.objects.filter(school=self.school, starts_on__gte=begins).order_by("starts_on").first()
        said = str(self.options.get("starts_on") or "")
        return said or (first.starts_on if first and first.starts_on <= self.today else self.today).isoformat()

    def _key(self, surname: str, forename: str, born: str) -> str:
        return f"{folded(surname)}|{folded(forename)}|{born}"

    def complete(self, values: dict[str, str]) -> str:
        """Fill in what is missing; give in words why a row cannot be."""
        named_there = self.by_remote_id.get(values.get("remote_id", ""), "")
        said = values.get("upn", "")
        upn = said or named_there or self._upn(values)
        values["upn"] = upn.replace(" ", "").upper()
        if named_there and values["upn"] != named_there:
            return f"The pupil stands here under the UPN {named_there}: change it on the pupil's record first."
        if not values["upn"]:
            return "The row has no UPN, and no pupil of the school has its number or name and birthday."
        held = self.held.get(values["upn"])
        if held and not said and not named_there and _is_somebody_else(held, values):
            number = values.get("admission_number", "")
            return f"The number {number} is another pupil's here, of another name and birthday: the file needs the UPN."
        if held:
            for name in ("date_of_birth", "legal_surname", "legal_forename"):
                values[name] = values.get(name) or str(getattr(held, name))
            if held.has_left and not values.get("starts_on"):
                self.left.add(values["upn"])
            values["starts_on"] = values.get("starts_on") or held.starts_on
            values["sex"] = values.get("sex") or held.sex
            values["year_group"] = values.get("year_group") or held.year_group
            values.setdefault("tutor_group", held.tutor_group)
        values["starts_on"] = values.get("starts_on") or self.first
        values["sex"] = values.get("sex") or "U"
        if not values.get("year_group") and values.get("date_of_birth"):
            turn = self.today.year - (self.today.month < 8)
            year = date.fromisoformat(values["date_of_birth"])
            values["year_group"] = str(max(0, turn - (year.year - (year.month < 9)) - 5))
        return ""

    def say_who_stays_away(self, report: FileReport) -> None:
        """Note those who have left: a file without a starting day does not bring a pupil back."""
        if self.left:
            report.note(
                f"{len(self.left):,} of the pupils have left and stay off the roll: "
                "the file gives no starting day. Whoever is back is enrolled under Joiners and leavers."
            )

    def _upn(self, values: dict[str, str]) -> str:
        """Give the UPN of the pupil with the row's number or name and birthday, or a temporary one, or nothing."""
        number = values.get("admission_number", "").lstrip("0")
        key = self._key(
            values.get("legal_surname", ""), values.get("legal_forename", ""), values.get("date_of_birth", "")
        )
        upn = (self.known.get(number) if number else None) or self.known.get(key)
        if upn is None and self.options.get("temporary_upns"):
            upn = self.known[number or key] = self._temporary()
        return upn or ""

    def _temporary(self) -> str:
        while True:
            upn = temporary_upn(self.school.la_code, self.school.estab_number, self.today.year, self.serial)
            self.serial += 1
            if upn not in self.held:
                return upn
