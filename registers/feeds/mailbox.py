"""Messages out of a mailbox: an .mbox or .eml file, or the text of one pasted whole."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Final

LARGEST: Final = 20 * 1024 * 1024
MOST: Final = 2_000
LONGEST_BODY: Final = 8_000
_STARTS: Final = re.compile(rb"(?m)^From [^\r\n]*\r?\n")
_HEAD: Final = re.compile(r"^(from|sent|date|subject|to|received)\s*:\s*(.*)$", re.IGNORECASE)
_TAGS: Final = re.compile(r"<(?:style|script)[^>]*>.*?</(?:style|script)>|<[^>]+>", re.DOTALL | re.IGNORECASE)


class NotAMailbox(ValueError):
    """What was given holds no message; its words say what would be right."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: when it was sent (None where it does not say), by whom, and its text."""

    reference: str
    sent_at: datetime | None
    sender: str
    subject: str
    body: str


def read_mailbox(content: bytes) -> list[Mail]:
    """Give the messages of an .mbox or .eml file in their order, each once.

    Raises NotAMailbox where the file is empty, too large, holds too many messages or none.
    """
    if not content.strip():
        raise NotAMailbox("The file is empty. Save the messages as .mbox or .eml.")
    if len(content) > LARGEST:
        raise NotAMailbox(f"The file has {len(content) / 1024**2:,.0f} MB; at most 20 MB are read. Split it by day.")
    parts = [part for part in _STARTS.split(content) if part.strip()] if content.startswith(b"From ") else [content]
    if len(parts) > MOST:
        raise NotAMailbox(f"The file holds {len(parts):,} messages; at most {MOST:,} are read. Split it by day.")
    found = {mail.reference: mail for part in parts if (mail := _mail(part)) is not None}
    if not found:
        raise NotAMailbox(
            "No message was found in the file: save the messages as .mbox or .eml, not as a picture or PDF."
        )
    return list(found.values())


def read_pasted(text: str) -> Mail:
    """Read a pasted text: lines like "From:" and "Subject:" at its head are such, the rest is what was said."""
    sender = subject = ""
    lines = text.strip().splitlines()
    while lines and (found := _HEAD.match(lines[0].strip())):
        name, value = found[1].lower(), found[2].strip()
        sender = value if name == "from" else sender
        subject = value if name == "subject" else subject
        lines.pop(0)
    body = "\n".join(lines).strip()
    return Mail("", None, sender[:200], subject[:200], body[:LONGEST_BODY])


def _mail(part: bytes) -> Mail | None:
    message = message_from_bytes(part, policy=policy.default)
    sender, subject = _header(message, "From"), _header(message, "Subject")
    if not sender and not subject and not _header(message, "Message-ID"):
        return None
    reference = _header(message, "Message-ID") or f"sha256:{hashlib.sha256(part).hexdigest()}"
    return Mail(reference[:250], _sent(message), sender[:200], subject[:200], _body(message)[:LONGEST_BODY])


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, LookupError):  # a header that the parser itself cannot take apart
        return ""


def _sent(message: EmailMessage) -> datetime | None:
    try:
        sent = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, IndexError):
        return None
    return sent if sent.tzinfo is not None else None


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(preferencelist=("plain", "html"))
        text = str(part.get_content()) if part is not None else ""
    except (KeyError, LookupError, ValueError, AttributeError):
        return ""
    if part is not None and part.get_content_type() == "text/html":
        text = _TAGS.sub(" ", text)
    return "\n".join(" ".join(line.split()) for line in text.replace("\x00", "").splitlines()).strip()
