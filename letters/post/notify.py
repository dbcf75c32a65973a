"""Text messages and posted letters, by GOV.UK Notify.

The text template there holds nothing but ((message)). Notify is not asked to know a repeated reference: what broke is
looked up by our reference before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

import requests
from django.conf import settings
from notifications_python_client.errors import APIError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from .parcels import NotSent, Parcel, Unknown

TIMEOUT: Final = 20
_TOO_MANY: Final = 429
_ASKED_WRONGLY: Final = range(400, 500)


class NotifyLine:
    """A line to Notify."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, parcel: Parcel) -> str:
        """Hand over a text message, or a letter where the parcel holds a file; give its number at Notify.

        Raises NotSent where it certainly did not go, and Unknown where nobody can tell.
        """
        try:
            answer = self._hand_over(parcel)
        except APIError as error:
            return self._after(error, parcel)
        return str(answer["id"])

    def state_of(self, number: str) -> str:
        """Give what Notify says of a message by its number: as sending, delivered, permanent-failure.

        Raises NotSent where Notify does not answer.
        """
        try:
            return str(self._client.get_notification_by_id(number)["status"])
        except APIError as error:
            raise NotSent("GOV.UK Notify does not answer.") from error

    def find(self, reference: str) -> tuple[str, str] | None:
        """Give number and state of what Notify has under our reference; None where it has nothing.

        Raises NotSent where Notify does not answer.
        """
        try:
            found = self._client.get_all_notifications(reference=reference)["notifications"]
        except APIError as error:
            raise NotSent("GOV.UK Notify does not answer.") from error
        return (str(found[0]["id"]), str(found[0]["status"])) if found else None

    def _hand_over(self, parcel: Parcel) -> Any:
        if parcel.attachment is not None:
            return self._client.send_precompiled_letter_notification(
                reference=parcel.reference, pdf_file=BytesIO(parcel.attachment.content)
            )
        if not settings.OFFICE_NOTIFY_TEXT_TEMPLATE:
            raise NotSent("Text messages are not set up: OFFICE_NOTIFY_TEXT_TEMPLATE is empty.", is_for_good=True)
        return self._client.send_sms_notification(
            phone_number=parcel.to,
            template_id=settings.OFFICE_NOTIFY_TEXT_TEMPLATE,
            personalisation={"message": parcel.body},
            reference=parcel.reference,
        )

    def _after(self, error: APIError, parcel: Parcel) -> str:
        """Say what became of a hand-over that failed."""
        code = None if error.response is None else int(error.response.status_code)
        if code == _TOO_MANY:
            raise NotSent("GOV.UK Notify takes no more for now (429).") from error
        if code in _ASKED_WRONGLY:
            raise NotSent(f"GOV.UK Notify refused the message ({code}): {_said(error)}", is_for_good=True) from error
        if code is None and _never_reached(error):
            raise NotSent("GOV.UK Notify cannot be reached.") from error
        try:
            found = self.find(parcel.reference)
        except NotSent as silence:
            raise Unknown("The line to GOV.UK Notify broke during the hand-over.") from silence
        if found is not None:
            return found[0]
        if code is not None and not isinstance(error, InvalidResponse):
            raise NotSent(f"GOV.UK Notify could not take it ({code}).") from error
        raise Unknown("The line to GOV.UK Notify broke during the hand-over.") from error


@contextmanager
def open_notify() -> Iterator[NotifyLine]:
    """Open a line to Notify. Nothing is handed over by opening it.

    Raises NotSent, for good, where no key is set.
    """
    if not settings.OFFICE_NOTIFY_KEY:
        raise NotSent("GOV.UK Notify is not set up: OFFICE_NOTIFY_KEY is empty.", is_for_good=True)
    where = {"base_url": settings.OFFICE_NOTIFY_URL} if settings.OFFICE_NOTIFY_URL else {}
    client: Any = NotificationsAPIClient(settings.OFFICE_NOTIFY_KEY, timeout=TIMEOUT, **where)  # type: ignore[no-untyped-call]
    try:
        yield NotifyLine(client)
    finally:
        client.request_session.close()


def _never_reached(error: APIError) -> bool:
    """Tell whether the line never came about, so that nothing can have gone."""
    cause = error.__cause__
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return True
    return isinstance(cause, requests.exceptions.ConnectionError) and "NewConnectionError" in repr(cause)


def _said(error: APIError) -> str:
    said = error.message
    if isinstance(said, list):
        return "; ".join(str(one.get("message", one)) if isinstance(one, dict) else str(one) for one in said)[:150]
    return str(said)[:150]
