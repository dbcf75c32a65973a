"""Letters that a person writes and approves at once: to homes, and certificates to be given by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.models import Addressee, Letter, LetterTemplate, PrintRun
from letters.queries.earning import Asked, earning
from letters.queries.letter_values import receipts
from letters.queries.wording import ENGLISH, wording, wordings
from letters.queries.writing import BY_HAND, Period, Plan, ToHome, plan_letters
from registers.models import Pupil

State = Letter.State


def write_letters(
    *,
    school: School,
    pupils: Sequence[Pupil],
    template: LetterTemplate,
    fields: Mapping[str, str],
    period: Period,
    token: UUID,
    by: User,
    at: datetime,
) -> tuple[list[Letter], Plan]:
    """Write and approve a letter to each home of some pupils; give the letters with the plan they come from.

    `token` is the press of one button: pressed twice, the same letters come back and none is written again.

    Raises Refused where no pupil is chosen, the template is not for letters by hand, or nobody would get one.
    """
    if template.kind not in BY_HAND:
        raise Refused(f"{template} is not written by hand.")
    if not pupils:
        raise Refused("About whom is it? Choose at least one pupil.")
    on = clock.local(at).date()
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(of=("self",), no_key=True).get(pk=school.pk)
        done = list(Letter.objects.filter(school=school, key__startswith=f"by-hand:{token}:").order_by("pk"))
        plan = plan_letters(school=school, pupils=pupils, template=template, fields=fields, period=period, on=on)
        if done:
            return done, plan
        if not plan.letters:
            raise Refused(
                "Nobody would get this letter: " + "; ".join(f"{who}, {why}" for who, why in plan.left_out[:5])
            )
        letters = [_to_home(school, one, template.kind, fields, token, by, at) for one in plan.letters]
        trail.record(
            verb="wrote letters", by=by, at=at, school_id=school.pk, subject_kind="letter template",
            subject_id=template.pk, words=f"{template}: {len(letters)} letters about {len(pupils)} pupils approved",
            after={"letters": [one.pk for one in letters], "left_out": len(plan.left_out)},
        )  # fmt: skip
    return letters, plan


def make_certificates(
    *,
    school: School,
    asked: Asked,
    pupil_ids: Sequence[int],
    is_landscape: bool,
    token: UUID,
    by: User,
    at: datetime,
) -> PrintRun:
    """Have certificates made for pupils who have earned one, in one print run by form; give the run.

    Raises Refused where none is chosen, one chosen has not earned it, or the school has no such certificate.
    """
    version = wording(wordings(school.pk, [asked.kind]), asked.kind, ENGLISH)
    if version is None:
        raise Refused("This school has no such certificate yet: take the supplied letters first.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(of=("self",), no_key=True).get(pk=school.pk)
        before = Letter.objects.filter(school=school, key__startswith=f"certificate:{token}:").first()
        if before is not None and before.print_run is not None:
            return before.print_run
        by_pupil = {one.pupil.pk: one for one in earning(school, asked, user=by, at=at).earned}
        chosen = [by_pupil[pk] for pk in dict.fromkeys(pupil_ids) if pk in by_pupil]
        if not chosen or len(chosen) < len(set(pupil_ids)):
            raise Refused("Choose those who get one. Somebody chosen has not earned it as the register stands now.")
        run = PrintRun.objects.create(
            school=school, title=f"{version.template}: {len(chosen)}", order=PrintRun.Order.FORM, made_at=at, made_by=by
        )
        facts = receipts(
            school.pk, [one.pupil.pk for one in chosen], from_on=asked.from_on, to_on=asked.to_on, earlier=asked.earlier
        )
        layout = {"layout": "landscape"} if is_landscape else {}
        made = Letter.objects.bulk_create(
            Letter(
                school=school, key=f"certificate:{token}:{one.pupil.pk}", kind=asked.kind, pupil=one.pupil,
                version=version, channel=Letter.Channel.HAND, to_name=one.pupil.name, facts=facts[one.pupil.pk],
                fields=layout, print_run=run, **_approved(by, at),
            )
            for one in chosen
        )  # fmt: skip
        trail.record(
            verb="made certificates", by=by, at=at, school_id=school.pk, subject_kind="print run", subject_id=run.pk,
            words=f"{run.title}, {asked.from_on} to {asked.to_on}",
            after={"pupils": [one.pupil.pk for one in chosen], "letters": [one.pk for one in made]},
        )  # fmt: skip
    return run


def _approved(by: User, at: datetime) -> dict[str, Any]:
    return {
        "state": State.WAITING, "proposed_on": clock.local(at).date(), "proposed_at": at, "proposed_by": by,
        "approved_at": at, "approved_by": by, "due_at": at,
    }  # fmt: skip


def _to_home(
    school: School, one: ToHome, kind: str, fields: Mapping[str, str], token: UUID, by: User, at: datetime
) -> Letter:
    home = one.home
    letter = Letter.objects.create(
        school=school,
        key=f"by-hand:{token}:{one.pupil.pk}:{home.readers[0].contact_id}",
        kind=kind,
        pupil=one.pupil,
        version=one.chosen.version,
        channel=Letter.Channel.EMAIL if home.by_email else Letter.Channel.POST,
        to_name=home.name[:200],
        to_address=home.lines,
        to_email=home.email,
        language=home.language,
        is_large_print=home.is_large_print,
        facts=dict(one.facts),
        fields=dict(fields),
        **_approved(by, at),
    )
    Addressee.objects.bulk_create(
        Addressee(school=school, letter=letter, contact_id=reader.contact_id, name=reader.name)
        for reader in home.readers
    )
    return letter
