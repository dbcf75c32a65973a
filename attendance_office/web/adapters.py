"""How django-allauth meets our staff: accounts are made by the school, never by signing up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class StaffAccounts(DefaultAccountAdapter):
    """Closed sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: the school's administrator or attendance lead adds people."""
        return False


class StaffDirectory(DefaultSocialAccountAdapter):
    """Sign-in through the school's directory reaches existing accounts only."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """A person the school has not added is turned away."""
        return False
