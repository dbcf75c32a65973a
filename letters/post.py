"""The machine that hands a message over: SMTP, or the outbox itself where nothing may leave the building."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

OUTBOX: Final = "outbox"
_PERMANENT: Final = 500  # SMTP answers from here on are for good


@dataclass(frozen=True)
class Mail:
    """What is handed over: one recipient, plain text, and a reference that stays the same however often it is sent."""

    to: str
    subject: str
    body: str
    reference: str
    reply_to: str = ""


class NotSent(Exception):
    """It certainly did not go. `is_for_good` when trying again would not help."""

    def __init__(self, words: str, *, is_for_good: bool = False) -> None:
        super().__init__(words)
        self.is_for_good = is_for_good


class Unknown(Exception):
    """The line broke while the message was on it: it may have gone and it may not."""


class Line:
    """An open line to the mail server, or to the outbox."""

    def __init__(self, connection: Any = None) -> None:
        self._connection = connection

    def send(self, mail: Mail) -> None:
        """Hand one message over.

        Raises NotSent where the server refused it, and Unknown where nobody can tell.
        """
        if self._connection is None:
            return
        headers = {"Message-ID": f"<{mail.reference}>", "Auto-Submitted": "auto-generated"}
        letter = EmailMessage(
            subject=mail.subject,
            body=mail.body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[mail.to],
            reply_to=[mail.reply_to] if mail.reply_to else None,
            headers=headers,
            connection=self._connection,
        )
        try:
            letter.send()
        except SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSent(
                f"The mail server refused the address ({codes[0] if codes else 'no code'}).",
                is_for_good=bool(codes) and all(code >= _PERMANENT for code in codes),
            ) from error
        except SMTPResponseException as error:
            raise NotSent(
                f"The mail server refused the message ({error.smtp_code}).",
                is_for_good=error.smtp_code >= _PERMANENT,
            ) from error
        except (SMTPServerDisconnected, SMTPException, OSError) as error:
            raise Unknown(
                f"The line to the mail server broke during the hand-over ({type(error).__name__})."
            ) from error


@contextmanager
def open_line() -> Iterator[Line]:
    """Open the line and close it after use. Nothing is handed over by opening it.

    Raises NotSent where the server cannot be reached.
    """
    if settings.OFFICE_POST == OUTBOX:
        yield Line()
        return
    connection = get_connection()
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        raise NotSent(f"The mail server cannot be reached ({type(error).__name__}).") from error
    try:
        yield Line(connection)
    finally:
        with suppress(SMTPException, OSError):
            connection.close()
