"""What Wonde's list of pupils says, as the two files that are read from it: the pupils, and a row for each contact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

_ADDRESS: Final = ("apartment", "house_name", "house_number", "street", "district", "town", "county")
_NESTED: Final = "contacts"


def as_file(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Give records as the file that is kept and read, in the shape they came in."""
    return json.dumps({"data": list(records)}, ensure_ascii=False, indent=1).encode()


def pupils_of(students: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the pupils as they came, without their contacts."""
    return [{key: value for key, value in one.items() if key != _NESTED} for one in students]


def contacts_of(students: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give each contact as it came, with the pupil's id and UPN before it and the home address in one line behind."""
    return [
        {"student_id": str(student.get("id") or ""), "student_upn": _dig(student, "education_details", "upn")}
        | {"contact_id" if key == "id" else key: value for key, value in contact.items()}
        | _address(contact)
        for student in students
        for contact in _contacts(student)
    ]


def _contacts(student: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = _unwrapped(student.get(_NESTED))
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _address(contact: Mapping[str, Any]) -> dict[str, str]:
    home = _dig(contact, "contact_details", "addresses", "home")
    if not isinstance(home, dict):
        return {}
    parts = [str(home.get(part) or "").strip() for part in _ADDRESS]
    line = ", ".join(part for part in parts if part)
    # "12, High Street" is no address anyone writes.
    number = str(home.get("house_number") or "").strip()
    line = line.replace(f"{number}, ", f"{number} ", 1) if number else line
    said = {"address": line, "postcode": str(home.get("postcode") or "").strip()}
    return {key: value for key, value in said.items() if value}


def _dig(said: Any, *path: str) -> Any:
    for step in path:
        said = _unwrapped(said)
        said = said.get(step) if isinstance(said, dict) else None
    return _unwrapped(said)


def _unwrapped(said: Any) -> Any:
    """Give what lies in Wonde's wrapping: {"data": ...}."""
    return said["data"] if isinstance(said, dict) and set(said) == {"data"} else said
