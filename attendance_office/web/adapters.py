"""How django-allauth meets our staff: accounts are made by the school, and one pupil guessing locks out nobody else."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.cache import cache
from django.http import HttpRequest

from attendance_office import clock

WINDOW: Final = 300
CROWDED: Final = 100
TRIES_WHEN_CROWDED: Final = 3
JUST_NOW: Final = 300


class StaffAccounts(DefaultAccountAdapter):
    """Closed sign-up, and failed sign-ins counted per account and per address.

    Each account has ten tries in five minutes (ACCOUNT_RATE_LIMITS). A school sits behind one address: an address with
    a hundred failures in five minutes is not shut, but each account has three tries from there, so that a colleague
    still comes in and guessing through a list of names still leads nowhere.
    """

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: the school's administrator or attendance lead adds people."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a try before the password is looked at.

        :raises ValidationError: after too many failures of this account, or of this address and this account.
        """
        super().pre_authenticate(request, **credentials)
        if _count(self._of_address(request)) < CROWDED:
            return
        if _count(self._of_account(request, credentials)) >= TRIES_WHEN_CROWDED:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a failure of the address, and of the account from that address."""
        _add(self._of_address(request))
        _add(self._of_account(request, credentials))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again before a second factor changes; not of a person who just gave it to set up one."""
        request = context.request
        just_signed_in = clock.now().timestamp() - request.session.get("begun", 0) < JUST_NOW
        if app == "allauth.mfa" and just_signed_in and not is_mfa_enabled(request.user):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def _of_address(self, request: HttpRequest) -> str:
        return f"bad-sign-ins:{_window()}:{self.get_client_ip(request)}"

    def _of_account(self, request: HttpRequest, credentials: dict[str, Any]) -> str:
        name = str(credentials.get("email") or credentials.get("username") or "").casefold()
        return f"{self._of_address(request)}:{sha256(name.encode()).hexdigest()}"


class StaffDirectory(DefaultSocialAccountAdapter):
    """Sign-in through the school's directory reaches existing accounts only."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """A person the school has not added is turned away."""
        return False


def _window() -> int:
    return int(clock.now().timestamp()) // WINDOW


def _count(key: str) -> int:
    return int(cache.get(key, 0))


def _add(key: str) -> None:
    if not cache.add(key, 1, WINDOW):
        cache.set(key, _count(key) + 1, WINDOW)
