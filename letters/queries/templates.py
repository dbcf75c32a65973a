"""The school's letter templates: which there are, what each says now and said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import OuterRef, QuerySet, Subquery

from letters.models import LetterTemplate, TemplateVersion

from .wording import ENGLISH


@dataclass(frozen=True)
class Chosen:
    """The version to write from, and what there is to say about its language."""

    version: TemplateVersion
    note: str = ""


@dataclass(frozen=True)
class Change:
    """A stretch of two versions laid side by side: alike, taken out, or put in."""

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def templates_of(school_id: int) -> QuerySet[LetterTemplate]:
    """Give a school's templates with `number` and `changed_at` of what each says now."""
    latest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    return (
        LetterTemplate.objects.filter(school=school_id)
        .annotate(
            number=Subquery(latest.values("number")[:1]),
            changed_at=Subquery(latest.values("made_at")[:1]),
            changed_by=Subquery(latest.values("made_by__last_name")[:1]),
            subject=Subquery(latest.values("subject")[:1]),
        )
        .order_by("kind", "name", "language")
    )


def latest_version(template: LetterTemplate) -> TemplateVersion:
    """Give what a template says now."""
    return template.versions.order_by("-number").select_related("made_by", "template")[0]


def version_in(template: LetterTemplate, language: str) -> Chosen:
    """Give what to write from for a home that reads a language: the school's own translation, else the template.

    A language without a translation comes with a note that says so.
    """
    wanted = language.strip() or ENGLISH
    if wanted.casefold() == template.language.casefold():
        return Chosen(latest_version(template))
    other = LetterTemplate.objects.filter(
        school=template.school_id, kind=template.kind, name=template.name, language__iexact=wanted, is_used=True
    ).first()
    if other is not None:
        return Chosen(latest_version(other))
    return Chosen(latest_version(template), f"No {wanted} version: it goes in {template.language}.")


def compared(before: TemplateVersion, after: TemplateVersion) -> Sequence[Change]:
    """Lay two versions side by side, line by line, subject first."""
    old = [before.subject, *before.body.splitlines()]
    new = [after.subject, *after.body.splitlines()]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        Change(what, tuple(old[first:last]), tuple(new[begin:end]))
        for what, first, last, begin, end in matcher.get_opcodes()
    ]
