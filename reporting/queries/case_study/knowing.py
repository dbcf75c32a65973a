"""What the office knows of a pupil that a case study must not say: names, places, numbers, and what few share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can
from registers.models import Contact, Group, Pupil
from registers.queries.pupils import may_see
from reporting.models import CaseStudy
from reporting.queries.axes import AXES, value_of
from reporting.rules.anonymous import ATTRIBUTES, Ground, Name
from reporting.rules.key_stages import key_stage, years_of
from reporting.rules.small_numbers import SMALL, is_small

_VULNERABLE: Final = "vulnerable"  # no way to tell pupils apart in the explorer, and a field all the same
_LEAST_DIGITS: Final = 4  # a shorter number stands in every text


@dataclass(frozen=True)
class Told:
    """Something of the pupil that a study may tell: its key and words, and with how many pupils it is shared."""

    key: str
    words: str
    shared_by: int

    @property
    def is_few(self) -> bool:
        """Tell whether fewer pupils share it than a table would show."""
        return is_small(self.shared_by)


def names_of(pupil: Pupil) -> list[Name]:
    """Give every name by which a study of a pupil could name somebody: eight queries.

    The pupil's and the family's own, the staff's, other pupils' surnames that fewer than five bear, the forenames of
    the form, forms and own groups, streets and schools come from, and numbers.
    """
    school = pupil.school
    contacts = list(Contact.objects.filter(children__pupil=pupil))
    siblings = list(Pupil.objects.filter(parents__contact__in=contacts).exclude(pk=pupil.pk).distinct())
    found = [
        *_own(pupil, Ground.PUPIL),
        *(name for one in siblings for name in _own(one, Ground.FAMILY)),
        *(Name(words, Ground.FAMILY, is_own=True) for one in contacts for words in (one.forename, one.surname)),
        *_places(pupil, contacts),
        *(Name(words, Ground.NUMBER) for words in (pupil.upn, pupil.admission_number) if len(words) >= _LEAST_DIGITS),
        *_staff(school),
        *(
            Name(name, Ground.FORM)
            for name in (
                *TutorGroup.objects.filter(school=school).values_list("name", flat=True),
                *Group.objects.filter(school=school).values_list("name", flat=True),
            )
        ),
        *_others(pupil),
    ]
    return [name for name in found if name.words.strip()]


def _own(pupil: Pupil, ground: Ground) -> Iterator[Name]:
    for words in (
        pupil.legal_forename,
        pupil.known_as,
        pupil.middle_names,
        pupil.legal_surname,
        pupil.former_surname,
    ):
        yield Name(words, ground, is_own=True)


def _places(pupil: Pupil, contacts: Iterable[Contact]) -> Iterator[Name]:
    """Give the lines of the addresses without the numbers of houses, and the school come from."""
    for address in {pupil.address, *(one.address for one in contacts)}:
        for line in address.replace("\n", ",").split(","):
            words = " ".join(word for word in line.split() if not any(letter.isdigit() for letter in word))
            yield Name(words, Ground.PLACE)
    yield Name(pupil.last_school, Ground.PLACE)


def _staff(school: School) -> Iterator[Name]:
    at_school = Q(posts__school=school) | Q(posts__trust__schools=school)
    for first, last in User.objects.filter(at_school).values_list("first_name", "last_name").distinct():
        yield Name(first, Ground.STAFF)
        yield Name(last, Ground.STAFF)
    for word in school.headteacher.split():
        yield Name(word.strip(".,") if len(word.strip(".,")) > 1 else "", Ground.STAFF)


def _others(pupil: Pupil) -> Iterator[Name]:
    """Give surnames that fewer than five pupils of the school bear, and the forenames of the pupil's form."""
    others = Pupil.objects.filter(school=pupil.school_id).exclude(pk=pupil.pk)
    rare = others.values("legal_surname").annotate(many=Count("pk")).filter(many__lt=SMALL)
    for surname in rare.values_list("legal_surname", flat=True):
        yield Name(surname, Ground.OTHER_PUPIL)
    if pupil.tutor_group_id is not None:
        form = others.filter(tutor_group=pupil.tutor_group_id)
        for forename, known_as in form.values_list("legal_forename", "known_as"):
            yield Name(forename, Ground.OTHER_PUPIL)
            yield Name(known_as, Ground.OTHER_PUPIL)


def told_of(pupil: Pupil, stage: str, allowed: Collection[Can]) -> list[Told]:
    """Give what the record says of a pupil that an author with these rights may tell, with how many share it.

    They are counted among the pupils of the key stage, or of the year where the study tells the year: one query.
    """
    years = years_of(key_stage(pupil.year_group)) if stage == CaseStudy.Stage.KEY_STAGE else (pupil.year_group,)
    keys = [key for key in ATTRIBUTES if (key in AXES or key == _VULNERABLE) and may_see(_field(key), allowed)]
    mine = {key: _value(key, getattr(pupil, _field(key))) for key in keys}
    true = [key for key in keys if mine[key] not in ("", "no", "N", "-")]
    if not true:
        return []
    fields = [_field(key) for key in true]
    rows = list(Pupil.objects.filter(school=pupil.school_id, year_group__in=years).values_list(*fields))
    return [
        Told(key, _words(key, mine[key]), sum(_value(key, row[at]) == mine[key] for row in rows))
        for at, key in enumerate(true)
    ]


def _field(key: str) -> str:
    return "is_vulnerable" if key == _VULNERABLE else AXES[key].field


def _value(key: str, stored: object) -> str:
    if key == _VULNERABLE:
        return "yes" if stored else "no"
    return value_of(AXES[key], stored)


def _words(key: str, value: str) -> str:
    axis = AXES.get(key)
    if axis is None or axis.is_yes_no:
        return ATTRIBUTES[key].words
    return f"{axis.words}: {dict(axis.values)[value]}"
