"""A school chooses what its reports' e-mails say of pupils."""

from __future__ import annotations

from datetime import datetime

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from reporting.models import MailChoice
from reporting.queries.mail_choice import mail_choice


def choose_mail(*, school: School, names: str, why: str, by: User, at: datetime) -> MailChoice:
    """Choose whether e-mails of the week name pupils, from now on; what has gone is not touched.

    Raises Refused without a reason, and where it is so chosen already.
    """
    why = why.strip()
    if not why:
        raise Refused("Say why the school chooses so: the reason stays beside the choice.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        there = mail_choice(school)
        before = there.names if there else MailChoice.Names.NOBODY.value
        if names == before:
            raise Refused("It is so chosen already.")
        made = MailChoice.objects.create(
            school=school, names=names, why=why[:400], chosen_at=at, chosen_by=by
        )  # fmt: skip
        trail.record(
            verb="chose what e-mails say of pupils", by=by, at=at, school_id=school.pk, subject_kind="mail_choice",
            subject_id=made.pk, words=made.get_names_display(), before={"names": before}, after={"names": names},
            reason=why,
        )  # fmt: skip
    return made
