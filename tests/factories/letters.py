"""Nouns of the post room. Letters are proposed and approved by the actions that do so in life."""

from datetime import UTC, date, datetime

from letters.models import LetterKind, LetterPolicy, LetterTemplate, TemplateVersion

BEGAN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def give_template(
    school, kind, body="Dear ((to_name)), ((pupil_name)) was here for ((attended)) sessions.", language="English"
):
    template, _ = LetterTemplate.objects.get_or_create(
        school=school, kind=kind, name=LetterKind(kind).label, language=language
    )
    if not template.versions.exists():
        TemplateVersion.objects.create(
            school=school, template=template, number=1, subject=LetterKind(kind).label, body=body, made_at=BEGAN
        )
    return template


def give_policy(school, level=1, **fields):
    kind = LetterKind.LEVEL_1 if level == 1 else LetterKind.LEVEL_2
    usual = {
        "from_on": date(2026, 9, 1), "below": 95 if level == 1 else 90, "least_possible": 10, "made_at": BEGAN,
        "tells_head_of_year": level == 2, "template": give_template(school, kind),
    }  # fmt: skip
    return LetterPolicy.objects.create(school=school, level=level, **usual | fields)
