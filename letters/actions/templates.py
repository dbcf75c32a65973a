"""What is done to templates and the letterhead: supplied, changed, taken up again, translated."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from attendance_office.audit import trail
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from letters import pdf
from letters.models import Letterhead, LetterKind, LetterTemplate, TemplateVersion
from letters.queries.templates import SUPPLIED_WHY, latest_version, reworded
from letters.queries.wording import ENGLISH
from letters.rules.placeholders import BadTemplate, Fault, read
from letters.rules.supplied import SUPPLIED
from registers.models import StoredFile

LARGEST_LOGO: Final = 1024 * 1024


@dataclass(frozen=True)
class HeadLines:
    """What a person may write into the letterhead."""

    lines: str = ""
    foot: str = ""
    ring_name: str = ""
    ring_phone: str = ""
    signatory: str = ""
    signatory_title: str = ""


def supply_templates(*, school: School, by: User | None, at: datetime) -> int:
    """Give a school the letters that come with the office, and a letterhead to begin with; give how many it lacked.

    A kind of which the school has any letter stays as it is.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(of=("self",), no_key=True).get(pk=school.pk)
        had = set(LetterTemplate.objects.filter(school=school).values_list("kind", flat=True))
        lacking = [one for one in SUPPLIED if one.kind not in had]
        for one in lacking:
            template = LetterTemplate.objects.create(school=school, kind=one.kind, name=one.name)
            _add_version(template, one.subject, one.body, number=1, why=SUPPLIED_WHY, by=by, at=at)
        _first_letterhead(school)
        if lacking:
            trail.record(
                verb="supplied letters", by=by, at=at, school_id=school.pk, subject_kind="letter template",
                words=f"Supplied {len(lacking)} letters: {', '.join(one.name for one in lacking)}",
            )  # fmt: skip
    return len(lacking)


def renew_supplied(*, school: School, by: User, at: datetime) -> list[TemplateVersion]:
    """Give the supplied letters that nobody of the school changed the words the office supplies now, as a new version.

    What they said before stays as the version before. Raises Refused where none has other words.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(of=("self",), no_key=True).get(pk=school.pk)
        made = [
            _add_version(
                template, one.subject, one.body, number=now.number + 1, why=f"{SUPPLIED_WHY}, in better words",
                by=by, at=at,
            )
            for template, now, one in reworded(school.pk)
        ]  # fmt: skip
        if not made:
            raise Refused("Every supplied letter says what the office supplies now, or is your own.")
        trail.record(
            verb="took the supplied letters' new words", by=by, at=at, school_id=school.pk,
            subject_kind="letter template", words=f"New words of {', '.join(one.template.name for one in made)}",
            after={str(one.template_id): one.number for one in made},
        )  # fmt: skip
    return made


def _first_letterhead(school: School) -> None:
    officer = Post.objects.filter(school=school, role=Role.OFFICER, ended_on=None).select_related("user").first()
    ring = f"{officer.user.title} {officer.user.full_name}".strip() if officer else ""
    Letterhead.objects.get_or_create(
        school=school,
        defaults={
            "ring_name": ring,
            "ring_phone": school.phone,
            "signatory": school.headteacher or ring,
            "signatory_title": "Headteacher" if school.headteacher else "Attendance officer",
            "foot": "If you would like this letter in large print, in another language or read to you, please ring us.",
        },
    )


def save_template(
    *, template: LetterTemplate, subject: str, body: str, seen: int, why: str = "", by: User, at: datetime
) -> TemplateVersion:
    """Save what a template says from now on as its next version; `seen` is the version that was changed.

    Raises Refused that names line and field for what cannot be used, and where nothing changed; Conflict where
    somebody else saved meanwhile.
    """
    subject, body = " ".join(subject.split()), body.replace("\r\n", "\n").rstrip() + "\n"
    judge_words(subject, body)
    with trail.signed(by=by, at=at, school_id=template.school_id):
        row = LetterTemplate.objects.select_for_update().get(pk=template.pk)
        now = latest_version(row)
        if now.number != seen:
            who = now.made_by.signature if now.made_by else "The office"
            raise Conflict(
                f"{who} saved version {now.number} meanwhile. Yours is still below: look at theirs, then save again.",
                now,
            )
        if (now.subject, now.body) == (subject, body):
            raise Refused("Nothing is other than before: there is nothing to save.")
        made = _add_version(row, subject, body, number=now.number + 1, why=why.strip(), by=by, at=at)
        trail.record(
            verb="changed a letter template", by=by, at=at, school_id=row.school_id, subject_kind="letter template",
            subject_id=row.pk, words=f"{row}, {row.language}: version {made.number}", reason=why.strip(),
            before={"version": now.number, "subject": now.subject}, after={"version": made.number, "subject": subject},
        )  # fmt: skip
    return made


def take_up_version(*, template: LetterTemplate, number: int, by: User, at: datetime) -> TemplateVersion:
    """Take an earlier version's words up again, as the next version.

    Raises Refused where there is no such version or it is what the template says now.
    """
    old = template.versions.filter(number=number).first()
    if old is None:
        raise Refused(f"{template} has no version {number}.")
    return save_template(
        template=template, subject=old.subject, body=old.body, seen=latest_version(template).number,
        why=f"Version {number} taken up again", by=by, at=at,
    )  # fmt: skip


def add_template(
    *, school: School, kind: str, name: str, language: str = ENGLISH, by: User, at: datetime
) -> LetterTemplate:
    """Add a letter, or a letter in another language, beginning with the words of the English one of its kind.

    Raises Refused where there is such a one, or no name.
    """
    name, language = " ".join(name.split()), " ".join(language.split()).capitalize() or ENGLISH
    if not name:
        raise Refused("Give the letter a name.")
    if kind not in LetterKind.values:
        raise Refused("Choose what the letter is for.")
    like = LetterTemplate.objects.filter(school=school, kind=kind).order_by("-is_used", "pk")
    model = like.filter(name=name, language=ENGLISH).first() or like.filter(language=ENGLISH).first()
    if model is not None:
        first = latest_version(model)
        subject, body = first.subject, first.body
    else:
        subject, body = next((one.subject, one.body) for one in SUPPLIED if one.kind == kind)
    with trail.signed(by=by, at=at, school_id=school.pk):
        template, is_new = LetterTemplate.objects.get_or_create(school=school, kind=kind, name=name, language=language)
        if not is_new:
            raise Refused(f"There is a letter called {name} in {language} already.")
        _add_version(template, subject, body, number=1, why="Begun from the English letter", by=by, at=at)
        trail.record(
            verb="added a letter template", by=by, at=at, school_id=school.pk, subject_kind="letter template",
            subject_id=template.pk, words=f"{template}, {language}",
        )  # fmt: skip
    return template


def use_template(*, template: LetterTemplate, is_used: bool, by: User, at: datetime) -> None:
    """Put a template out of use, or back into it."""
    with trail.signed(by=by, at=at, school_id=template.school_id):
        if LetterTemplate.objects.filter(pk=template.pk, is_used=not is_used).update(is_used=is_used):
            words = "in use again" if is_used else "no longer used"
            trail.record(
                verb="changed a letter template", by=by, at=at, school_id=template.school_id,
                subject_kind="letter template", subject_id=template.pk,
                words=f"{template}, {template.language}: {words}",
            )  # fmt: skip


def save_letterhead(
    *, school: School, said: HeadLines, logo: tuple[str, bytes] | None = None, without_logo: bool = False,
    by: User, at: datetime,
) -> Letterhead:  # fmt: skip
    """Save the letterhead; `logo` is the name and content of a new one.

    Raises Refused for a logo that is not a PNG or JPEG by its content, or too large, and for what the fonts lack.
    """
    _judge_letters("The letterhead", " ".join(asdict(said).values()))
    kind = _judge_logo(*logo) if logo else ""
    with trail.signed(by=by, at=at, school_id=school.pk):
        head, _ = Letterhead.objects.select_for_update().get_or_create(school=school)
        before = {name: getattr(head, name) for name in asdict(said)} | {"logo": head.logo_id}
        for name, text in asdict(said).items():
            setattr(head, name, text.strip())
        if logo:
            head.logo = StoredFile.objects.create(
                school=school, purpose=StoredFile.Purpose.LOGO, name=logo[0][:200], kind=kind, size=len(logo[1]),
                sha256=hashlib.sha256(logo[1]).hexdigest(), content=logo[1], added_at=at, added_by=by,
            )  # fmt: skip
        elif without_logo:
            head.logo = None
        after = {name: getattr(head, name) for name in asdict(said)} | {"logo": head.logo_id}
        if after != before:
            head.save()
            trail.record(
                verb="changed the letterhead", by=by, at=at, school_id=school.pk, subject_kind="letterhead",
                subject_id=head.pk, words="Letterhead changed", before=before, after=after,
            )  # fmt: skip
    return head


def judge_words(subject: str, body: str) -> None:
    """Refuse words that cannot be used, each fault with its line and field."""
    faults: list[str] = []
    for what, text in (("Subject", subject), ("Body", body)):
        try:
            read(text)
        except BadTemplate as bad:
            faults += [_said(what, fault) for fault in bad.faults]
        if not text.strip():
            faults.append(f"{what}: it is empty.")
    if faults:
        raise Refused(" ".join(faults))
    _judge_letters("The letter", subject + body)


def _said(what: str, fault: Fault) -> str:
    return f"{what}, {str(fault)[0].lower()}{str(fault)[1:]}"


def _judge_letters(what: str, text: str) -> None:
    if lacking := pdf.not_in_fonts(text):
        shown = " ".join(lacking[:8])
        raise Refused(
            f"{what} holds letters that the office's fonts cannot print: {shown}. It prints the Latin alphabet with all"
            " its accents; for another script use the words of an interpreter beside an English letter."
        )


def _judge_logo(name: str, content: bytes) -> str:
    if len(content) > LARGEST_LOGO:
        raise Refused(f"{name} has {len(content) / 1024**2:.1f} MB; a logo has at most 1 MB. Save it smaller.")
    kind = pdf.picture_kind(content)
    if not kind:
        raise Refused(
            f"{name} is no PNG or JPEG of at most {pdf.WIDEST:,} by {pdf.WIDEST:,} points."
            " An SVG is not taken: save it as PNG."
        )
    return kind


def _add_version(
    template: LetterTemplate, subject: str, body: str, *, number: int, why: str, by: User | None, at: datetime
) -> TemplateVersion:
    return TemplateVersion.objects.create(
        school=template.school, template=template, number=number, subject=subject, body=body, made_at=at, made_by=by,
        why=why[:200],
    )  # fmt: skip
