"""What a page says after an act: one line, with an undo where the act can be taken back."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

_UNDO: Final = "undo:"


def say(request: HttpRequest, words: str, *, undo: str = "") -> None:
    """Tell what was done. `undo` is the path that takes it back by POST."""
    messages.success(request, words, extra_tags=f"{_UNDO}{undo}" if undo else "")


def warn(request: HttpRequest, words: str) -> None:
    """Tell what was done only in part, or with what doubt."""
    messages.warning(request, words)


def fail(request: HttpRequest, words: str) -> None:
    """Tell what was not done, and what to do."""
    messages.error(request, words)


def undo_path(message: Message) -> str:
    """Give the path that takes the act of this message back; empty where there is none."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_UNDO) if tags.startswith(_UNDO) else ""
