"""A letter's page put together: its template filled with its values, its envelope and its letterhead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from attendance_office.staff.models import School
from letters import pdf
from letters.models import Letter, Letterhead, LetterKind, TemplateVersion
from letters.rules.blocks import Block, Run, Style, as_text
from letters.rules.placeholders import read
from registers.models import Contact, Pupil
from registers.rules.dates import spoken_date

from .letter_values import EARLIER, Given, Home, earlier_letter, home_of, values_of
from .wording import ENGLISH

CERTIFICATES: Final = frozenset({LetterKind.CERTIFICATE_FULL, LetterKind.CERTIFICATE_IMPROVED})
LEVELS: Final = {LetterKind.LEVEL_1: "1", LetterKind.LEVEL_2: "2"}
LANDSCAPE: Final = "landscape"
# How a reader's software is told the language of a letter; one it does not know is told nothing.
_TAGS: Final = {
    "english": "en-GB", "polish": "pl", "romanian": "ro", "portuguese": "pt", "spanish": "es", "french": "fr",
    "italian": "it", "german": "de", "lithuanian": "lt", "latvian": "lv", "hungarian": "hu", "czech": "cs",
    "slovak": "sk", "turkish": "tr", "albanian": "sq", "somali": "so", "welsh": "cy", "vietnamese": "vi",
}  # fmt: skip


@dataclass(frozen=True)
class Composed:
    """A letter ready for the press: the page, and the same as plain words."""

    page: pdf.Sheet | pdf.Certificate
    words: str

    def printed(self) -> bytes:
        """Print it."""
        return pdf.letter(self.page) if isinstance(self.page, pdf.Sheet) else pdf.certificate(self.page)


@dataclass(frozen=True)
class Envelope:
    """To whom it goes and how it looks."""

    address: str = ""
    language: str = ENGLISH
    is_large_print: bool = False
    is_for_notify: bool = False
    reference: str = ""


def letterhead_of(school_id: int) -> Letterhead | None:
    """Give a school's letterhead with its logo."""
    return Letterhead.objects.filter(school=school_id).select_related("logo").first()


def composed(letter: Letter, facts: Mapping[str, Any], *, on: date) -> Composed:
    """Put one letter together with a receipt, as of a day.

    Raises NoValue where a field of it has no value, and BadTemplate where its words cannot be used.
    """
    contacts = [one.contact for one in letter.addressees.select_related("contact").order_by("pk")]
    envelope = Envelope(
        address=f"{letter.to_name}\n{letter.to_address}" if letter.to_address else letter.to_name,
        language=letter.language,
        is_large_print=letter.is_large_print,
        is_for_notify=letter.channel == Letter.Channel.NOTIFY,
        reference=f"Our ref. {letter.pk}",
    )
    return compose(
        letter.version,
        pupil=letter.pupil,
        contacts=contacts,
        head=letterhead_of(letter.school_id),
        given=Given(facts=facts, fields=letter.fields, level=LEVELS.get(LetterKind(letter.kind), "")),
        envelope=envelope,
        on=on,
    )


def compose(
    version: TemplateVersion,
    *,
    pupil: Pupil,
    contacts: Sequence[Contact],
    head: Letterhead | None,
    given: Given,
    envelope: Envelope,
    on: date,
    subject: str | None = None,
    body: str | None = None,
) -> Composed:
    """Put a page together from a template's version, or from words that are being tried in its place.

    Raises NoValue and BadTemplate.
    """
    school = version.school
    home = home_of(pupil, contacts, on=on) if contacts else Home(f"parent or carer of {pupil.name}")
    values = values_of(pupil, school=school, head=head, home=home, given=given, on=on)
    heading, words = read(version.subject if subject is None else subject), read(version.body if body is None else body)
    if EARLIER in {*heading.fields, *words.fields}:
        values[EARLIER] = earlier_letter(pupil, contacts, on=on)
    title, blocks = heading.line(values), words.fill(values)
    if version.template.kind in CERTIFICATES:
        page = _certificate(school, head, pupil, title, blocks, given, on)
        return Composed(page, f"{title}\n\n{page.name}\n\n{as_text(blocks)}")
    blocks = (*blocks, *_note(envelope.language, version.template.language))
    sheet = pdf.Sheet(
        title=title,
        house=school.name,
        house_lines=_house_lines(school, head),
        address=[line for line in envelope.address.split("\n") if line.strip()][:8],
        reference=[spoken_date(on), f"About {pupil.name}{_form(pupil)}", envelope.reference],
        greets=home.greets,
        body=blocks,
        closing="Yours sincerely",
        signed=_signed(head, school),
        foot=head.foot if head else "",
        lang=_TAGS.get(version.template.language.casefold(), "und"),
        logo=bytes(head.logo.content) if head and head.logo else b"",
        is_large_print=envelope.is_large_print,
        is_for_notify=envelope.is_for_notify,
    )
    signed = "\n".join(sheet.signed)
    return Composed(sheet, f"{title}\n\nDear {home.greets}\n\n{as_text(blocks)}\n\n{sheet.closing}\n\n{signed}")


def _certificate(
    school: School,
    head: Letterhead | None,
    pupil: Pupil,
    title: str,
    blocks: Sequence[Block],
    given: Given,
    on: date,
) -> pdf.Certificate:
    return pdf.Certificate(
        title=title,
        house=school.name,
        name=pupil.name,
        form=pupil.tutor_group.name if pupil.tutor_group else "",
        body=blocks,
        signed=_signed(head, school),
        dated=spoken_date(on),
        logo=bytes(head.logo.content) if head and head.logo else b"",
        is_landscape=given.fields.get("layout") == LANDSCAPE,
    )


def _note(wanted: str, written: str) -> tuple[Block, ...]:
    """Say at the foot of an English letter, to a home that reads another language, that it can be had."""
    if not wanted or wanted.casefold() == written.casefold():
        return ()
    return (Block(Style.PARAGRAPH, ((Run(f"If you would like this letter in {wanted}, please ring us."),),)),)


def _house_lines(school: School, head: Letterhead | None) -> list[str]:
    if head and head.lines.strip():
        return [line for line in head.lines.splitlines() if line.strip()][:5]
    address = [part.strip() for part in school.address.replace("\n", ",").split(",") if part.strip()]
    return [one for one in (*address[:2], school.postcode, school.phone, school.email) if one]


def _signed(head: Letterhead | None, school: School) -> list[str]:
    lines = [head.signatory, head.signatory_title] if head else []
    return [line for line in lines if line] or [school.headteacher or school.name]


def _form(pupil: Pupil) -> str:
    return f", {pupil.tutor_group.name}" if pupil.tutor_group else ""
