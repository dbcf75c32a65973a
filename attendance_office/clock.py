"""The office's clock: read by doors (views, tasks, commands) and by nobody else.

It is the machine's clock moved by one setting, OFFICE_CLOCK_SHIFT seconds, so that a demo on a Sunday can play Friday's
morning and a rehearsal can play next Monday's. Everything below a door takes `at` or `on` as an argument.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """Give the instant the office works by, aware, in UTC."""
    return timezone.now() + timedelta(seconds=settings.OFFICE_CLOCK_SHIFT)


def today() -> date:
    """Give the date in Europe/London by the office's clock."""
    return local(now()).date()


def local(at: datetime) -> datetime:
    """Give an instant as London's wall clock shows it."""
    return at.astimezone(LONDON)


def note() -> str:
    """Say, for the top of every page, that the clock is not the machine's; empty when it is."""
    if not settings.OFFICE_CLOCK_SHIFT:
        return ""
    shown = local(now())
    return f"The office's clock is set to {shown:%a} {shown.day} {shown:%b %Y}: it plays the latest school morning."
