"""Keeping a link: what goes which way, whose code is whose, and a run asked for by a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, QuerySet

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.feeds.remote import Trouble
from registers.models import Amendment, Link, Mark, Pull, PullPage, RemoteName, Writeback
from registers.rules.codes import code_set

from .remotes import remote_of, say_inward

CODE: Final = "code"
CODES_HOLD: Final = timedelta(days=1)
CODES_REST: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Wishes:
    """What a person wants of a link."""

    remote_id: str
    is_on: bool = True
    pulls: bool = True
    pulls_marks: bool = False
    writes_back: bool = False
    writes_comments: bool = False


def keep_link(*, school: School, wishes: Wishes, by: User, at: datetime) -> Link:
    """Set a school's link to Wonde. What is written back begins with what is marked or amended from now on.

    Raises Refused for a number that can be none there, and where marks would go both ways: each side would undo
    what the other was told.
    """
    number = wishes.remote_id.strip()
    if not number.isalnum() or len(number) > 60:
        raise Refused("The school's number in Wonde is letters and digits, like A1234567890.")
    if wishes.pulls_marks and wishes.writes_back:
        raise Refused("Session marks go one way: either they come in, or coded marks are written back.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        link, is_new = Link.objects.select_for_update().get_or_create(school=school, defaults={"remote_id": number})
        before = None if is_new else _said(link)
        if not is_new and link.remote_id != number and (link.names.exists() or link.pulls_made.exists()):
            raise Refused("Pupils are known here by their ids in the school linked before: its number stays.")
        begins = wishes.writes_back and wishes.is_on and not (link.writes_back and link.is_on and not is_new)
        for name in ("is_on", "pulls", "pulls_marks", "writes_back", "writes_comments"):
            setattr(link, name, getattr(wishes, name))
        link.remote_id = number
        link.next_pull_at = None
        if begins:
            link.wrote_to = Mark.objects.filter(school=school).aggregate(last=Max("pk"))["last"] or 0
            of_school = Amendment.objects.filter(school_id=school.pk)
            link.wrote_amendments_to = of_school.aggregate(last=Max("pk"))["last"] or 0
        link.save()
        trail.record(
            verb="set a link",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="link",
            subject_id=link.pk,
            words=f"{link}: {_in_words(link)}",
            before=before,
            after=_said(link),
        )
    return link


def _said(link: Link) -> dict[str, object]:
    names = ("remote_id", "is_on", "pulls", "pulls_marks", "writes_back", "writes_comments")
    return {name: getattr(link, name) for name in names}


def _in_words(link: Link) -> str:
    if not link.is_on:
        return "off"
    ways = [
        "pupils and contacts in" if link.pulls else "",
        "session marks in" if link.pulls and link.pulls_marks else "",
        "coded marks out" if link.writes_back else "",
        "with comments" if link.writes_back and link.writes_comments else "",
    ]
    return ", ".join(way for way in ways if way) or "nothing goes either way"


def match_codes(*, link: Link, wanted: Mapping[str, str], by: User, at: datetime) -> int:
    """Say which of their codes each of ours is; an empty one takes the match away. Gives how many changed.

    Marks that waited for their code go at once. Raises Refused for a code of theirs that was not read from there.
    """
    theirs = {str(one["id"]) for one in link.codes}
    ours = code_set(at.date()).keys()
    if strange := sorted({value for value in wanted.values() if value and value not in theirs}):
        raise Refused(f"Wonde has no attendance code {', '.join(strange)}: read its codes again.")
    with trail.signed(by=by, at=at, school_id=link.school_id):
        held = dict(_code_names(link).select_for_update().values_list("thing_id", "remote_id"))
        changes = {key: value for key, value in wanted.items() if key in ours and held.get(key, "") != value}
        _code_names(link).filter(thing_id__in=changes).delete()
        _name_codes(link, {key: value for key, value in changes.items() if value})
        if changes:
            Writeback.objects.filter(link=link, state=Writeback.State.WAITING, code__in=changes).update(next_at=at)
            trail.record(
                verb="matched codes of a link",
                by=by,
                at=at,
                school_id=link.school_id,
                subject_kind="link",
                subject_id=link.pk,
                words=f"{link}: {len(changes)} {'code' if len(changes) == 1 else 'codes'} matched anew",
                before={key: held.get(key, "") for key in changes},
                after=changes,
            )
    return len(changes)


def read_codes(*, link: Link, by: User | None = None, at: datetime) -> int:
    """Read their attendance codes and match those of ours that are not matched yet, by their letter; give how many.

    Raises Trouble where they cannot be read.
    """
    codes = remote_of(link).codes()
    by_letter: dict[str, list[str]] = {}
    for one in codes:
        by_letter.setdefault(one.code.strip().upper(), []).append(one.remote_id)
    with trail.signed(by=by, at=at, school_id=link.school_id):
        row = Link.objects.select_for_update().get(pk=link.pk)
        row.codes = [{"id": one.remote_id, "code": one.code} for one in codes]
        row.codes_at, row.next_codes_at = at, at + CODES_HOLD
        row.save(update_fields=["codes", "codes_at", "next_codes_at"])
        known = set(_code_names(row).values_list("thing_id", flat=True))
        found = {
            symbol: by_letter[symbol][0]
            for symbol in code_set(at.date())
            if symbol not in known and len(by_letter.get(symbol, ())) == 1
        }
        _name_codes(row, found)
        if found:
            Writeback.objects.filter(link=row, state=Writeback.State.WAITING, code__in=found).update(next_at=at)
            trail.record(
                verb="matched codes of a link",
                by=by,
                at=at,
                school_id=row.school_id,
                subject_kind="link",
                subject_id=row.pk,
                words=f"{row}: {len(found)} codes matched by their letter",
                after=found,
            )
    return len(found)


def _code_names(link: Link) -> QuerySet[RemoteName]:
    return RemoteName.objects.filter(link=link, thing=CODE)


def _name_codes(link: Link, names: Mapping[str, str]) -> None:
    RemoteName.objects.bulk_create(
        RemoteName(school_id=link.school_id, link=link, thing=CODE, thing_id=key, remote_id=value)
        for key, value in names.items()
    )


def refresh_codes(*, at: datetime) -> int:
    """Read the codes of links that have none yet, whose were asked for or are a day old; give of how many.

    Where they cannot be read they are asked for again after a quarter of an hour, or when the other side says.
    """
    done = 0
    for link in Link.objects.filter(is_on=True).exclude(next_codes_at__gt=at).order_by("pk"):
        try:
            read_codes(link=link, at=at)
        except Trouble as trouble:
            rest = max(CODES_REST, trouble.wait or CODES_REST)
            Link.objects.filter(pk=link.pk).update(next_codes_at=at + rest)
            say_inward(link, str(trouble), at=at)
        else:
            done += 1
    return done


def ask_codes(*, link: Link, by: User, at: datetime) -> None:
    """Have their attendance codes read again."""
    with trail.signed(by=by, at=at, school_id=link.school_id):
        Link.objects.filter(pk=link.pk).update(next_codes_at=None)
        _record(link, "asked for codes of a link", f"{link}: codes to be read again", by, at)


def ask_pull(*, link: Link, everything: bool, by: User, at: datetime) -> None:
    """Bring in now what changed there, or everything anew; a run that waits for a person is given up for it.

    Raises Refused where the link is off or a run is at work.
    """
    if not (link.is_on and link.pulls):
        raise Refused("The link is off, or brings nothing in: switch it on first.")
    with trail.signed(by=by, at=at, school_id=link.school_id):
        row = Link.objects.select_for_update().get(pk=link.pk)
        _give_up(row, at)
        row.next_pull_at, row.pull_failures = None, 0
        if everything:
            row.pulled_to = None
        row.save(update_fields=["next_pull_at", "pull_failures", "pulled_to"])
        what = "everything is brought in anew" if everything else "what changed is brought in"
        _record(link, "asked a link to bring in", f"{link}: {what}", by, at)


def _give_up(link: Link, at: datetime) -> None:
    pull = Pull.objects.select_for_update().filter(link=link, state__in=OPEN).first()
    if pull is None:
        return
    if pull.state == Pull.State.FETCHING and pull.claim is not None:
        raise Refused("It is being brought in at this moment.")
    end_pull(pull, Pull.State.FAILED, "Given up for a new run.", at=at)


OPEN: Final[Collection[str]] = (Pull.State.FETCHING, Pull.State.READING)


def end_pull(pull: Pull, state: Pull.State, words: str, *, at: datetime) -> None:
    """End a run and let its pages go: what they held lies in the files that were made of them."""
    PullPage.objects.filter(pull=pull).delete()
    Pull.objects.filter(pk=pull.pk).update(state=state, error=words[:400], finished_at=at, claim=None, claimed_at=None)


def _record(link: Link, verb: str, words: str, by: User, at: datetime) -> None:
    trail.record(
        verb=verb, by=by, at=at, school_id=link.school_id, subject_kind="link", subject_id=link.pk, words=words
    )
