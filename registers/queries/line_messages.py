"""Answers about messages on the absence line: which wait, whom one may be about, and who may read which."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from attendance_office.staff.models import School, User
from registers.models import Call, Contact, LineMessage, Parent, Pupil
from registers.rules.names import folded

STATES: Final = ("waiting", "worked", "set_aside", "all")
_DIGITS: Final = re.compile(r"\D")
_WORDS: Final = re.compile(r"[^\W\d_][\w'\u2019-]+")
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_SAME_NUMBER: Final = 9
_LONGEST_LOOKED_AT: Final = 2000
_SHARED_BY: Final = 20


def within(school: School, user: User) -> QuerySet[LineMessage]:
    """Give the messages that a person may read, the oldest first.

    Whoever sees the whole school reads all. Others read those that were logged for a pupil within reach, those that
    they settled themselves, and of those that wait the ones that name such a pupil or come from a contact of one.
    """
    rows = LineMessage.objects.filter(school=school).order_by("received_at", "pk")
    if user.standing.sees_all(school.pk):
        return rows
    reach = Pupil.objects.visible_to(user).filter(school=school)
    logged = Call.objects.filter(message=OuterRef("pk"), note__pupil__in=reach, taken_back_at=None)
    still = rows.filter(state=LineMessage.State.WAITING)
    return rows.filter(Exists(logged) | Q(settled_by=user) | Q(pk__in=_about(still, reach)))


def waiting(school: School, user: User) -> QuerySet[LineMessage]:
    """Give the messages that wait to be worked by a person, the oldest first."""
    return within(school, user).filter(state=LineMessage.State.WAITING)


def waiting_messages(school: School, user: User) -> tuple[int, datetime | None]:
    """Give how many messages wait, and when the oldest came in."""
    found = waiting(school, user).aggregate(many=Count("pk"), oldest=Min("received_at"))
    return found["many"], found["oldest"]


def next_message(school: School, user: User, pk: int | None = None) -> LineMessage | None:
    """Give the waiting message with a key, else the oldest."""
    rows = waiting(school, user)
    return (rows.filter(pk=pk).first() if pk else None) or rows.first()


def counts(school: School, user: User) -> dict[str, int]:
    """Give how many messages there are in each state."""
    many = dict(within(school, user).order_by().values_list("state").annotate(many=Count("pk", distinct=True)))
    found = {state: many.get(state, 0) for state in STATES if state != "all"}
    return found | {"all": sum(found.values())}


def narrowed_to(rows: QuerySet[LineMessage], *, state: str, q: str) -> QuerySet[LineMessage]:
    """Narrow messages by state and by words in them; those that wait are the oldest first, the others the latest."""
    if state != "all":
        rows = rows.filter(state=state)
    if q:
        rows = rows.filter(Q(sender__icontains=q) | Q(subject__icontains=q) | Q(body__icontains=q))
    order = ("received_at", "pk") if state == LineMessage.State.WAITING else ("-received_at", "-pk")
    return rows.select_related("settled_by").prefetch_related("calls__note__pupil__tutor_group").order_by(*order)


def guess(message: LineMessage, *, user: User, on: date) -> tuple[list[Pupil], Contact | None]:
    """Give the pupils a message seems to be about, and the contact who seems to have sent it: four queries.

    By the sender's number or address first, then by forename and surname together in the text; of several who share a
    number, the one who is a contact of the pupil that is named. A guess is shown, never acted on.
    """
    senders = _senders(message)
    visible = Pupil.objects.visible_to(user).filter(school=message.school_id).on_roll(on).select_related("tutor_group")
    said = _words_of(message)
    called = Q(pk__in=[])
    for word in said:
        called |= Q(sort_name__startswith=f"{word},")
    named = [
        pupil
        for pupil in visible.filter(called).in_order()[:60]
        if _is_named(said, pupil.forename, pupil.legal_forename)
    ]
    if not senders:
        return named, None
    links = list(Parent.objects.filter(contact__in=senders, pupil__in=visible).order_by("priority", "pk"))
    own = list(visible.filter(pk__in={link.pupil_id for link in links}).in_order())
    meant = [pupil for pupil in own if pupil in named] or named or own
    theirs = {pupil.pk for pupil in meant}
    rings = next((link.contact_id for link in links if link.pupil_id in theirs), None)
    return meant, next((one for one in senders if one.pk == rings), senders[0])


def _about(rows: QuerySet[LineMessage], reach: QuerySet[Pupil]) -> list[int]:
    """Give which messages name a pupil of a few, or come from a contact of one: three queries."""
    messages = list(rows)
    if not messages:
        return []
    called: dict[str, list[tuple[str, str]]] = {}
    for sort_name, known_as, legal in reach.values_list("sort_name", "known_as", "legal_forename"):
        called.setdefault(sort_name.split(",")[0], []).append((known_as, legal))
    ways: set[str] = set()
    for email, *numbers in Parent.objects.filter(pupil__in=reach).values_list(
        "contact__email", "contact__mobile", "contact__home_phone", "contact__work_phone"
    ):
        ways |= {email.lower(), *(_digits(number) for number in numbers)}
    ways.discard("")
    found = []
    for message in messages:
        said = _words_of(message)
        if way_of(message.sender) in ways or any(
            _is_named(said, *names) for surname in said & called.keys() for names in called[surname]
        ):
            found.append(message.pk)
    return found


def way_of(sender: str) -> str:
    """Give the number or address in a sender, in a form in which two ways of writing it are one; empty for neither."""
    address = _ADDRESS.search(sender)
    return address[0].lower() if address else _digits(sender)


def _words_of(message: LineMessage) -> set[str]:
    return {folded(word) for word in _WORDS.findall(f"{message.subject} {message.body}"[:_LONGEST_LOOKED_AT])}


def _is_named(said: Collection[str], *forenames: str) -> bool:
    return any(name and folded(name) in said for name in forenames)


def _digits(number: str) -> str:
    """Give the last digits of a number, by which two ways of writing it are one; empty where there are too few."""
    digits = _DIGITS.sub("", number)[-_SAME_NUMBER:]
    return digits if len(digits) == _SAME_NUMBER else ""


def _senders(message: LineMessage) -> list[Contact]:
    """Give the contacts who have the number or address a message came from; a family may share one."""
    contacts = Contact.objects.filter(school=message.school_id)
    address = _ADDRESS.search(message.sender)
    if address:
        return list(contacts.filter(email__iexact=address[0]).order_by("pk")[:_SHARED_BY])
    digits = _digits(message.sender)
    if not digits:
        return []
    pattern = r"\D*".join(digits) + r"\D*$"
    phone = Q(mobile__regex=pattern) | Q(home_phone__regex=pattern) | Q(work_phone__regex=pattern)
    return list(contacts.filter(phone).order_by("pk")[:_SHARED_BY])
