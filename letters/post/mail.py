"""E-mail, by SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from .parcels import NotSent, Parcel, Unknown

_PERMANENT: Final = 500  # SMTP answers from here on are for good


class MailLine:
    """An open line to the mail server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def send(self, parcel: Parcel) -> str:
        """Hand one message over.

        Raises NotSent where the server refused it, and Unknown where nobody can tell.
        """
        letter = _mail(parcel, self._connection)
        try:
            letter.send()
        except SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            is_for_good = bool(codes) and all(code >= _PERMANENT for code in codes)
            raise NotSent(
                f"The mail server refused the address ({codes[0] if codes else 'no code'}).",
                is_for_good=is_for_good,
                is_address=is_for_good,
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
        return ""


def _mail(parcel: Parcel, connection: Any) -> EmailMultiAlternatives:
    letter = EmailMultiAlternatives(
        subject=parcel.subject,
        body=parcel.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[parcel.to],
        reply_to=[parcel.reply_to] if parcel.reply_to else None,
        headers={"Message-ID": f"<{parcel.reference}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    if parcel.html:
        letter.attach_alternative(parcel.html, "text/html")
    if parcel.attachment is not None:
        letter.attach(parcel.attachment.name, parcel.attachment.content, parcel.attachment.kind)
    return letter


@contextmanager
def open_mail() -> Iterator[MailLine]:
    """Open the line and close it after use. Nothing is handed over by opening it.

    Raises NotSent where the server cannot be reached.
    """
    connection = get_connection()
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        raise NotSent(f"The mail server cannot be reached ({type(error).__name__}).") from error
    try:
        yield MailLine(connection)
    finally:
        with suppress(SMTPException, OSError):
            connection.close()
