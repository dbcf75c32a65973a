"""Who speaks with which system."""

from __future__ import annotations

from datetime import datetime

from registers.feeds.remote import Remote
from registers.feeds.wonde import Wonde
from registers.models import Link


def remote_of(link: Link) -> Remote:
    """Give the way to a link's system. Raises Trouble where the office is not set up for it."""
    return Wonde(link.remote_id)


def say_inward(link: Link, words: str, *, at: datetime) -> None:
    """Keep what is wrong with bringing in, and since when, for the link's page; empty words say that all is well."""
    Link.objects.filter(pk=link.pk).exclude(said=words[:400]).update(said=words[:400], said_at=at)


def say_outward(link: Link, words: str, *, at: datetime) -> None:
    """Keep what is wrong with writing back, and since when; empty words say that all is well."""
    Link.objects.filter(pk=link.pk).exclude(said_out=words[:400]).update(said_out=words[:400], said_out_at=at)
