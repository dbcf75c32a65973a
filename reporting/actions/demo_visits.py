"""The demo's monitoring visit: the trust was at the school three weeks ago, and one thing agreed is still open."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from attendance_office import clock
from attendance_office.staff.models import Post, School
from attendance_office.staff.roles import Role
from registers.queries.calendar import calendar_of
from reporting.models import Visit, VisitStep

from .visits import Said, agree_step, log_visit, settle_step


def visit_the_school(*, school: School, at: datetime) -> Visit | None:
    """Log a visit of three weeks ago with what was agreed; None where one is logged, or nobody is there to visit."""
    trust_lead = Post.objects.filter(trust=school.trust, role=Role.TRUST_LEAD, ended_on=None).select_related("user")
    lead = Post.objects.filter(school=school, role=Role.LEAD, ended_on=None).select_related("user")
    visitor, host = trust_lead.first(), lead.first()
    today = clock.local(at).date()
    days = calendar_of(school.pk).days(today - timedelta(weeks=4), today - timedelta(weeks=3))
    if school.trust is None or visitor is None or host is None or not days:
        return None
    if Visit.objects.filter(school=school).exists():
        return None
    on = days[-1]
    then = datetime.combine(on, time(15, 40), tzinfo=clock.LONDON)
    said = Said(
        visited_on=on,
        visitors=visitor.user.signature,
        met=host.user.signature,
        looked_at="Ten registers of the week, the missing registers board at 09:15 on two mornings, twelve letters.",
        found="Registers are chased well before ten. Letters of level 2 went a week late in October. Year 11 has the "
        "widest gap between pupils with pupil premium and the others.",
    )
    visit = log_visit(school=school, said=said, by=visitor.user, at=then)
    agreed = (
        ("Propose level 2 letters every Monday", host.user.signature, timedelta(weeks=1)),
        ("Bring the gap of Year 11 to the next governors' paper", host.user.signature, timedelta(weeks=5)),
    )
    steps: list[VisitStep] = [
        agree_step(visit=visit, words=words, owner=owner, due_on=on + after, by=visitor.user, at=then)
        for words, owner, after in agreed
    ]
    done = then + timedelta(days=6)
    settle_step(
        step=steps[0], state=VisitStep.State.DONE, outcome="The proposal runs by the clock each Monday at 07:30",
        by=host.user, at=done,
    )  # fmt: skip
    return visit
