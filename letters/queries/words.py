"""What messages say. Subjects never name a pupil: they show on lock screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from attendance_office.staff.models import School, User
from letters.models import Letter
from registers.queries.registers import RegisterLine, Status
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session

from .asks import can_be_written_to, half_words, why_walk
from .vulnerable import Concern


@dataclass(frozen=True)
class Words:
    """A message as it reads."""

    subject: str
    body: str


@dataclass(frozen=True)
class Reading:
    """What became of a message by now. `answered` are the chases whose registers are taken."""

    subject: str
    body: str
    not_needed: str
    answered: tuple[int, ...] = ()
    html: str = ""


def link(name: str, **kwargs: object) -> str:
    """Give the whole address of a page, as a mail needs it."""
    return f"{settings.OFFICE_URL}{reverse(name, kwargs=kwargs or None)}"


def register_link(line: RegisterLine) -> str:
    """Give the address of a register."""
    return link(
        "registers:register_take",
        group_pk=line.tutor_group.pk,
        on=line.session.on.isoformat(),
        half=line.session.half,
    )


def when(session: Session) -> str:
    """Give "Mon 23 Nov 2026, morning"."""
    return f"{spoken_date(session.on)}, {half_words(session)}"


def how_far(line: RegisterLine) -> str:
    """Say how far a register has come, in a few words."""
    if line.status is Status.PART:
        return f"{line.marked} of {line.expected} marked"
    return "opened, nothing saved" if line.status is Status.OPENED else "not opened"


def chase(school: School, recipient: User, lines: Sequence[RegisterLine], note: str) -> Words:
    """Write to one person about the registers that they owe."""
    names = ", ".join(dict.fromkeys(line.tutor_group.name for line in lines))
    noun = "Register" if len(lines) == 1 else f"{len(lines)} registers"
    subject = f"{noun} to take: {names}, {when(lines[-1].session)}"
    listed = "\n\n".join(
        f"{line.tutor_group.name}, {when(line.session)}{_in_room(line)}: {_how_much(line)}\n{register_link(line)}"
        for line in lines
    )
    them = "it" if len(lines) == 1 else "them"
    opening = "This register is not yet taken:" if len(lines) == 1 else "These registers are not yet taken:"
    parts = [
        f"{recipient.signature},",
        note.strip(),
        opening,
        listed,
        f"Please take {them} now. If you cannot get in, {_ring(school)} and we will enter {them} for you.",
        _foot(school),
    ]
    return Words(subject[:200], "\n\n".join(part for part in parts if part))


def walk_round(school: School, recipient: User, lines: Sequence[RegisterLine]) -> Words:
    """Write the officer's walk-round list."""
    count = f"{len(lines)} register{'' if len(lines) == 1 else 's'}"
    listed = "\n".join(_walk_line(line) for line in sorted(lines, key=_by_room))
    session = max(line.session for line in lines)
    board = f"{link('letters:walk_round')}?on={session.on.isoformat()}&half={session.half}"
    parts = [
        f"{recipient.signature},",
        f"{count} still owed. By room:",
        listed,
        f"To print: {board}",
        _foot(school),
    ]
    return Words(f"Walk-round list: {count}, {when(session)}"[:200], "\n\n".join(parts))


def vulnerable(school: School, recipient: User, concern: Concern) -> Words:
    """Tell a colleague of one highly vulnerable pupil."""
    room = concern.pupil.tutor_group.room if concern.pupil.tutor_group else ""
    body = "\n\n".join(
        [
            f"{recipient.signature},",
            _how_it_stands(concern),
            f"Form room {room}." if room else "",
            "Nothing has been sent home, and nothing will be by itself.",
            link("registers:pupil_detail", pk=concern.pupil.pk),
            _foot(school),
        ]
    )
    kind = "not marked" if concern.mark is None else "absent"
    subject = f"Highly vulnerable pupil {kind}: form {concern.form}, {when(concern.session)}"
    return Words(subject[:200], body.replace("\n\n\n\n", "\n\n"))


def level_told(school: School, recipient: User, letters: Sequence[Letter]) -> Words:
    """Tell a head of year about whom letters of a level were approved."""
    pupils = {letter.pupil_id: letter for letter in letters}
    listed = "\n".join(
        f"- {letter.pupil.name}, year {letter.pupil.year_group}: {letter.facts.get('percent', '')}, "
        f"{letter.facts.get('missed', 0)} of {letter.facts.get('possible', 0)} sessions missed\n"
        f"  {link('registers:pupil_detail', pk=pupil_id)}"
        for pupil_id, letter in pupils.items()
    )
    below = f"{letters[0].facts.get('below', '')} %"
    many = "1 pupil" if len(pupils) == 1 else f"{len(pupils)} pupils"
    body = "\n\n".join(
        [
            f"{recipient.signature},",
            f"Letters to the parents of {many} whose attendance is below {below} were approved:",
            listed,
            _foot(school),
        ]
    )
    return Words(f"Letters about attendance below {below}: {many}"[:200], body)


def _how_it_stands(concern: Concern) -> str:
    return (
        f"{concern.pupil.name}, {concern.form}, is on the list of highly vulnerable pupils and is "
        f"{concern.words} on {when(concern.session)}."
    )


def _by_room(line: RegisterLine) -> tuple[str, str, str]:
    return line.tutor_group.building, line.tutor_group.room, line.tutor_group.name


def _walk_line(line: RegisterLine) -> str:
    user, name = line.owner
    room = line.tutor_group.room or "no room set"
    phone = f", ext. {user.phone}" if user is not None and user.phone else ""
    more = "" if can_be_written_to(user) else f" ({why_walk(line)})"
    return f"- {room}: {line.tutor_group.name}, {when(line.session)}, {how_far(line)}. {name}{phone}{more}"


def _how_much(line: RegisterLine) -> str:
    return how_far(line) if line.status is Status.PART else f"{how_far(line)}, {line.expected} pupils"


def _in_room(line: RegisterLine) -> str:
    return f", room {line.tutor_group.room}" if line.tutor_group.room else ""


def _ring(school: School) -> str:
    return f"ring the office on {school.phone}" if school.phone else "ring the office"


def _foot(school: School) -> str:
    return f"Attendance office, {school.name}"
