"""Wonde, by its documented addresses and shapes; docs/import.md says what is read and what is not, and why.

Address and token are settings of whoever runs the office. The token goes to that address alone: no redirect is
followed, and a next page that lies on another host is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

from .remote import ListName, Page, RemoteCode, Sending, Trouble, Unknown

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 30
LARGEST_ANSWER: Final = 20 * 1024 * 1024
INCLUDE: Final = "education_details,year,contacts,contacts.contact_details"
_LISTS: Final[Mapping[ListName, str]] = {"students": "students/", "marks": "attendance/session/"}
_CODES: Final = "attendance-codes/"
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_WAIT: Final = timedelta(hours=1)
_USUAL_WAIT: Final = timedelta(minutes=1)
_NEVER_SENT: Final = (NewConnectionError, ConnectTimeoutError, NameResolutionError)
_CHUNK: Final = 64 * 1024
_REFUSALS: Final[Mapping[int, str]] = {
    401: "Wonde does not know the office's token (401). Whoever runs the office sets OFFICE_WONDE_TOKEN anew.",
    403: "Wonde does not let the office do this (403): the school has to grant the scope in Wonde.",
    404: "Wonde has nothing there (404). Is the school's number in Wonde right, and did the school approve the office?",
}


class AnswerTooLong(requests.RequestException):
    """More came than any page of a school holds."""


class Wonde:
    """One school in Wonde."""

    def __init__(self, remote_id: str) -> None:
        """Take the school's number there. Raises Trouble where the office has no address or token for Wonde."""
        base, token = str(settings.OFFICE_WONDE_URL), str(settings.OFFICE_WONDE_TOKEN)
        if not base or not token:
            raise Trouble("Whoever runs the office has to set OFFICE_WONDE_URL and OFFICE_WONDE_TOKEN first.")
        place = urlsplit(base)
        if place.scheme != "https" and place.hostname not in _LOCAL:
            raise Trouble("OFFICE_WONDE_URL has to begin with https: children's data goes over it.")
        if not remote_id.isalnum():
            raise Trouble("The school's number in Wonde is letters and digits, like A1234567890.")
        self._base, self._token = base.rstrip("/") + "/", token
        self._school = f"{self._base}schools/{remote_id}/"

    def page(self, list_name: ListName, *, since: datetime | None, at_page: str = "") -> Page:
        """Give one page of pupils with their contacts, or of session marks, changed after `since`. Raises Trouble."""
        asked: dict[str, str] = {}
        if not at_page:
            asked = {"include": INCLUDE} if list_name == "students" else {}
            if since is not None:
                asked["updated_after"] = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        return self._page(at_page or self._school + _LISTS[list_name], asked)

    def codes(self) -> list[RemoteCode]:
        """Give Wonde's attendance codes. Raises Trouble."""
        found: list[RemoteCode] = []
        place = self._base + _CODES
        while place:
            page = self._page(place, {})
            found += [RemoteCode(str(one["id"]), str(one.get("code") or "")) for one in page.records if one.get("id")]
            place = page.next_page
        return found

    def send_marks(self, marks: Sequence[Sending]) -> str:
        """Hand coded marks over as one session register and give Wonde's writeback_id.

        Raises Trouble where they certainly did not arrive, Unknown where nobody can tell.
        """
        body = {"attendance": [_record(one) for one in marks]}
        place = self._school + _LISTS["marks"]
        try:
            status, head, content = self._ask("POST", place, json=body)
        except requests.RequestException as error:
            if _never_left(error):
                raise Trouble("Wonde cannot be reached.") from error
            raise Unknown("The line to Wonde broke during the hand-over.") from error
        if status >= 500 and status != 503:
            raise Unknown(f"Wonde broke down over it ({status}).")
        _check(status, head, content)
        said = _said(content)
        number = said.get("writeback_id") if isinstance(said, dict) else None
        if not number:
            raise Unknown("Wonde's answer names no writeback_id.")
        return str(number)[:80]

    def _page(self, place: str, asked: Mapping[str, str]) -> Page:
        self._check_host(place)
        try:
            status, head, content = self._ask("GET", place, params=asked)
        except requests.Timeout as error:
            raise Trouble(f"Wonde did not answer within {READ_SECONDS} seconds.") from error
        except requests.RequestException as error:
            raise Trouble("The line to Wonde broke, or nobody answers there.") from error
        _check(status, head, content)
        said = _said(content)
        records = said.get("data") if isinstance(said, dict) else None
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise Trouble("Wonde's answer is not the list it should be.")
        return Page(records, self._next(said, place))

    def _next(self, said: Mapping[str, Any], place: str) -> str:
        """Give where the next page lies: `meta.pagination.next`."""
        meta = said.get("meta")
        pages = meta.get("pagination") if isinstance(meta, dict) else None
        following = str((pages.get("next") if isinstance(pages, dict) else None) or "")
        if following:
            self._check_host(following)
            if following == place:
                raise Trouble("Wonde's list names the same page as its next.")
        return following

    def _check_host(self, place: str) -> None:
        ours, theirs = urlsplit(self._base), urlsplit(place)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise Trouble("Wonde's list goes on at another address than OFFICE_WONDE_URL: it was not followed.")

    def _ask(self, method: str, place: str, **what: Any) -> tuple[int, Mapping[str, str], bytes]:
        answer = requests.request(
            method,
            place,
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
            **what,
        )
        with closing(answer):
            content = bytearray()
            for chunk in answer.iter_content(_CHUNK):
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise AnswerTooLong
            return answer.status_code, answer.headers, bytes(content)


def _record(mark: Sending) -> dict[str, Any]:
    said: dict[str, Any] = {
        "date": mark.on.isoformat(),
        "session": mark.half,
        "student_id": mark.student_id,
        "attendance_code_id": mark.code_id,
    }
    if mark.comment:
        said["comment"] = mark.comment
    if mark.minutes_late is not None:
        said["minutes_late"] = mark.minutes_late
    return said


def _check(status: int, head: Mapping[str, str], content: bytes) -> None:
    """Raise Trouble, in words, for every answer that is not a yes."""
    if 200 <= status < 300:
        return
    if status in _REFUSALS:
        raise Trouble(_REFUSALS[status], of_the_link=status != 404)
    if status == 429:
        raise Trouble("Wonde asks to be left alone for a while (429).", wait=_wait(head.get("Retry-After", "")))
    if status == 422:
        raise Trouble(f"Wonde does not take it (422): {_errors(content)}", of_the_link=False)
    if 300 <= status < 400:
        raise Trouble(f"Wonde sends the office elsewhere ({status}): OFFICE_WONDE_URL is not its address.")
    if status >= 500:
        raise Trouble(f"Wonde has broken down ({status}).", wait=_wait(head.get("Retry-After", "")))
    raise Trouble(f"Wonde refuses it ({status}).", of_the_link=False)


def _wait(text: str) -> timedelta:
    return min(timedelta(seconds=int(text)), _LONGEST_WAIT) if text.strip().isdecimal() else _USUAL_WAIT


def _errors(content: bytes) -> str:
    """Give the names of what a refusal found wrong; its values, which may be a pupil's, are left out."""
    try:
        said = json.loads(content)
    except ValueError:
        return "it does not say why."
    names = said.keys() if isinstance(said, dict) else ()
    return (", ".join(sorted(str(name) for name in names)) or "it does not say why.")[:200]


def _said(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _never_left(error: requests.RequestException) -> bool:
    """Tell whether the line was never open, so that nothing can have gone over it."""
    if isinstance(error, requests.exceptions.ConnectTimeout) or "CERTIFICATE_VERIFY_FAILED" in str(error):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, _NEVER_SENT)
