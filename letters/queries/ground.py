"""What stands around some pupils on a day and decides whether and to whom a letter may go: read once, for all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from letters.models import LetterPolicy, Stop
from letters.rules.households import Household, Reader, households, may_be_written_to
from letters.rules.levels import is_new
from registers.models import ContactFault, Enrolment, Parent, Pupil
from registers.rules.dates import spoken_date

from .policies import FLAGS, PRIVATE_FLAGS, groups_left_out, memberships_on, standing_stops


class Ground(StrEnum):
    """Why a pupil below a level gets no letter."""

    LEFT = "left", "Left the school"
    NEW = "new", "New on roll"
    TOO_FEW = "too_few", "Too few sessions"
    LEFT_OUT = "left_out", "Left out by policy"
    STOPPED = "stopped", "Stopped"
    NOBODY = "nobody", "Nobody gets letters"
    NO_ADDRESS = "no_address", "No address"
    WRITTEN = "written", "Already written"
    COOLING = "cooling", "Written lately"
    HIGHER = "higher", "The next level's letter goes instead"
    SET_ASIDE = "set_aside", "Set aside"

    title_words: str

    def __new__(cls, value: str, words: str) -> Ground:
        """Keep the words beside the value."""
        made = str.__new__(cls, value)
        made._value_ = value
        made.title_words = words
        return made


@dataclass(frozen=True)
class WhyNot:
    """Why no letter goes: the ground, the words for everybody, and those for people who see safeguarding."""

    ground: Ground
    words: str
    private_words: str = ""

    def words_for(self, *, sees_safeguarding: bool) -> str:
        """Give the words that a person may read."""
        return self.private_words if sees_safeguarding and self.private_words else self.words


@dataclass
class Around:
    """The rows around some pupils on a day."""

    on: date
    stays: dict[int, list[Enrolment]] = field(default_factory=dict)
    stops: dict[int, Stop] = field(default_factory=dict)
    groups: dict[int, dict[int, str]] = field(default_factory=dict)
    homes: dict[int, Sequence[Household]] = field(default_factory=dict)
    lost: dict[int, Sequence[Reader]] = field(default_factory=dict)

    def started_on(self, pupil_id: int) -> date | None:
        """Give when the pupil's present stay began; None where the pupil is not on roll."""
        for stay in self.stays.get(pupil_id, ()):
            if stay.starts_on <= self.on and (stay.ends_on is None or stay.ends_on >= self.on):
                return stay.starts_on
        return None

    def left(self, pupil_id: int) -> WhyNot | None:
        """Say that the pupil has left, if so."""
        if self.started_on(pupil_id) is not None:
            return None
        last = max((stay.ends_on for stay in self.stays.get(pupil_id, ()) if stay.ends_on), default=None)
        return WhyNot(Ground.LEFT, f"Left on {spoken_date(last)}" if last else "Not on roll")

    def new(self, pupil_id: int, policy: LetterPolicy) -> WhyNot | None:
        """Say that the pupil is too new, if so."""
        started = self.started_on(pupil_id)
        if started is None or not is_new(started, self.on, policy.new_within_days):
            return None
        return WhyNot(Ground.NEW, f"On roll since {spoken_date(started)}")

    def stopped(self, pupil_id: int) -> WhyNot | None:
        """Say that a stop stands, if so; of one for safeguarding eyes others are told whom to ask."""
        stop = self.stops.get(pupil_id)
        if stop is None:
            return None
        until = f", until {spoken_date(stop.to_on)}" if stop.to_on else ""
        full = f"{stop.reason}{until}. Set by {stop.owner.signature}"
        if stop.is_private:
            return WhyNot(Ground.STOPPED, f"Do not send: ask {stop.owner.signature}", full)
        return WhyNot(Ground.STOPPED, full)

    def left_out(self, pupil: Pupil, policy: LetterPolicy) -> WhyNot | None:
        """Say that the school's policy leaves the pupil out, if so."""
        for name in policy.leaves_out:
            if name in FLAGS and getattr(pupil, name):
                if name in PRIVATE_FLAGS:
                    return WhyNot(Ground.LEFT_OUT, "Left out by the school's policy", f"{FLAGS[name]}: left out")
                return WhyNot(Ground.LEFT_OUT, f"{FLAGS[name]}: left out by the school's policy")
            group = self.groups.get(pupil.pk, {}).get(_key(name))
            if group is not None:
                return WhyNot(Ground.LEFT_OUT, f"In the group {group}, which the school's policy leaves out")
        return None

    def unreached(self, pupil_id: int) -> WhyNot | None:
        """Say that nobody can be written to, if so."""
        if self.homes.get(pupil_id):
            return None
        if self.lost.get(pupil_id):
            names = ", ".join(reader.name for reader in self.lost[pupil_id])
            return WhyNot(Ground.NO_ADDRESS, f"No address that works: {names}")
        return WhyNot(Ground.NOBODY, "No parent of the pupil gets letters")


def around(school_id: int, pupil_ids: Collection[int], on: date, *, policies: Iterable[LetterPolicy] = ()) -> Around:
    """Read what stands around some pupils: five queries, whatever their number; a sixth where policies name groups."""
    found = Around(on)
    for stay in Enrolment.objects.filter(school=school_id, pupil__in=pupil_ids).order_by("starts_on"):
        found.stays.setdefault(stay.pupil_id, []).append(stay)
    found.stops = standing_stops(school_id, on, covers=("all", "letters"))
    found.groups = memberships_on(school_id, pupil_ids, groups_left_out(policies), on)
    for pupil_id, readers in readers_of(school_id, pupil_ids).items():
        found.homes[pupil_id], found.lost[pupil_id] = households(readers)
    return found


def readers_of(school_id: int, pupil_ids: Collection[int]) -> dict[int, list[Reader]]:
    """Give the parents to whom a letter about each pupil may go, in the order in which they are rung: two queries.

    A parent without an address of their own who lives with the pupil has the pupil's; an address from which a letter
    came back, or an e-mail address that bounced, is none.
    """
    links = Parent.objects.filter(school=school_id, pupil__in=pupil_ids).select_related("contact", "pupil")
    broken = ContactFault.objects.filter(
        school=school_id, cleared_at=None, way__in=[ContactFault.Way.EMAIL, ContactFault.Way.ADDRESS]
    )
    faults = set(broken.values_list("contact_id", "way"))
    found: dict[int, list[Reader]] = {}
    for link in links.order_by("priority", "pk"):
        if may_be_written_to(
            gets_letters=link.gets_letters,
            do_not_contact=link.do_not_contact,
            may_be_told=link.may_be_told,
            has_responsibility=link.has_responsibility,
            has_care=link.lives_with,
        ):
            found.setdefault(link.pupil_id, []).append(_reader(link, faults))
    return found


def _reader(link: Parent, faults: set[tuple[int, str]]) -> Reader:
    contact = link.contact
    address, postcode = contact.address, contact.postcode
    if not address.strip() and link.lives_with:
        address, postcode = link.pupil.address, link.pupil.postcode
    has_address = (contact.pk, ContactFault.Way.ADDRESS.value) not in faults
    has_email = (contact.pk, ContactFault.Way.EMAIL.value) not in faults
    return Reader(
        contact_id=contact.pk,
        title=contact.title,
        forename=contact.forename,
        surname=contact.surname,
        address=address if has_address else "",
        postcode=postcode if has_address else "",
        email=contact.email if has_email else "",
        by_email=contact.letters_by == contact.LettersBy.EMAIL,
        language=contact.language,
        is_large_print=contact.is_large_print,
    )


def _key(name: str) -> int:
    return int(name.removeprefix("group:")) if name.startswith("group:") else 0
