"""Rewards for attendance go on record: who was given what and for what. What was put down in error is struck out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.models import Reward, StruckReward
from registers.models import Pupil


def give_rewards(
    *,
    school: School,
    pupils: Sequence[Pupil],
    name: str,
    given_on: date,
    why: str = "",
    token: UUID,
    by: User,
    at: datetime,
) -> list[Reward]:
    """Put on record that some pupils were given a reward; give the rows, in the order of the pupils.

    `token` is the press of one button: pressed twice, the same rows come back and none is added.

    Raises Refused where no pupil is chosen, without saying what was given, and for a day to come.
    """
    said = name.strip()[:80]
    if not pupils:
        raise Refused("Who was given it? Choose at least one pupil.")
    if not said:
        raise Refused("Say what was given.")
    if given_on > clock.local(at).date():
        raise Refused("That day has not come yet: put it on record when it was given.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(of=("self",), no_key=True).get(pk=school.pk)
        if done := list(Reward.objects.filter(school=school, key__startswith=f"{token}:").order_by("pk")):
            return done
        chosen = {pupil.pk: pupil for pupil in pupils}
        made = Reward.objects.bulk_create(
            Reward(
                school=school, key=f"{token}:{pk}", pupil=pupil, name=said, given_on=given_on, why=why.strip()[:300],
                at=at, by=by,
            )
            for pk, pupil in chosen.items()
        )  # fmt: skip
        trail.record(
            verb="put rewards on record", by=by, at=at, school_id=school.pk, subject_kind="reward",
            subject_id=made[0].pk, words=f"{said}: {len(made)} {'pupil' if len(made) == 1 else 'pupils'}",
            after={"pupils": list(chosen), "given_on": given_on.isoformat()},
        )  # fmt: skip
    return made


def strike_reward(*, reward: Reward, why: str, by: User, at: datetime) -> StruckReward:
    """Strike out a reward that was put down in error; it stays to be read, and counts no more.

    Raises Refused without a reason, and where it is struck already.
    """
    said = why.strip()[:300]
    if not said:
        raise Refused("Say why it is struck out.")
    with trail.signed(by=by, at=at, school_id=reward.school_id, reason=said):
        Reward.objects.select_for_update(of=("self",), no_key=True).get(pk=reward.pk)
        if StruckReward.objects.filter(reward=reward).exists():
            raise Refused("It is struck out already: load the page again.")
        struck = StruckReward.objects.create(reward=reward, why=said, at=at, by=by)
        trail.record(
            verb="struck out a reward", by=by, at=at, school_id=reward.school_id, subject_kind="pupil",
            subject_id=reward.pupil_id, words=f"{reward.name}", after={"reward": reward.pk}, reason=said,
        )  # fmt: skip
    return struck
