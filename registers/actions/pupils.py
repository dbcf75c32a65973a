"""What is done to the admission register, and what is taken out of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from attendance_office.audit.trail import record
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from registers.models import Pupil
from registers.queries.pupil_record import FIELDS
from registers.queries.pupils import FIELD_NEEDS
from registers.rules.names import sort_name

from .hand import by_hand

# The UPN is the pupil's identity in every other system: it is not changed here.
EDITABLE: Final = tuple(field for field in FIELDS if field != "upn")


def change_pupil(*, pupil: Pupil, changes: Mapping[str, Any], reason: str, by: User | None, at: datetime) -> list[str]:
    """Change fields of the admission register, and give the names of those that are now other than before.

    The row as it was is kept by Postgres with the reason and whose hand it was. The trail names the fields; those
    that are not for everyone it only counts: to name the flag would be to tell of it.

    Raises Refused where no reason is given, where nothing is other than before, and for a field that is not
    changed here.

    Source: SI 2024/208 reg 8 (contents) and reg 6 (how the register is kept).
    """
    if not reason.strip():
        raise Refused("Say why: a change of the admission register keeps its reason.")
    if strange := sorted(set(changes) - set(EDITABLE)):
        raise Refused(f"Not changed here: {', '.join(strange)}.")
    with by_hand(pupil.school_id, reason, by=by, at=at):
        row = Pupil.objects.select_for_update().get(pk=pupil.pk)
        changed = [field for field, value in changes.items() if getattr(row, field) != value]
        if not changed:
            raise Refused("Nothing is other than before: there is nothing to save.")
        before = {field: _plain(getattr(row, field)) for field in changed if field not in FIELD_NEEDS}
        for field in changed:
            setattr(row, field, changes[field])
        row.sort_name = sort_name(row.legal_surname, row.forename)
        row.full_clean(exclude=["tutor_group", "school"])
        row.save(update_fields=[*changed, "sort_name"])
        record(
            verb="pupil changed",
            by=by,
            at=at,
            school_id=pupil.school_id,
            subject_kind="pupil",
            subject_id=pupil.pk,
            words=f"Admission register of {row.name} changed: {_named(changed)}",
            before=before,
            after={field: _plain(getattr(row, field)) for field in before},
            reason=reason.strip(),
        )
    return changed


def _named(changed: Collection[str]) -> str:
    """Name the changed fields that are for everyone, and count the others."""
    titles = [str(Pupil._meta.get_field(name).verbose_name) for name in changed if name not in FIELD_NEEDS]  # type: ignore[union-attr]
    others = len(changed) - len(titles)
    noun = "line that is" if others == 1 else "lines that are"
    return ", ".join(titles + ([f"{others} {noun} not for everyone"] if others else []))


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, str, type(None))) else str(value)
