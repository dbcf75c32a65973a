"""./run manage appoint_to_trust: who works for every school of a trust is appointed by whoever keeps the machine."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.actions import appoint_to_trust, end_post
from attendance_office.staff.models import Post, Trust
from attendance_office.staff.roles import OF_THE_TRUST, TITLES, Role


class Command(BaseCommand):
    """Give a person a post in every school of a trust, or end it."""

    help = "Give a person a post in every school of a trust, or end it with --end. Each school's trail shows it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be asked."""
        parser.add_argument("email", help="the address the person signs in with")
        parser.add_argument("--trust", required=True, help="the trust's name, as the schools were brought in with")
        parser.add_argument("--role", required=True, choices=sorted(OF_THE_TRUST), help="trust_lead or trustee")
        parser.add_argument("--title", default="", help="Mr, Mrs, Ms, Dr: of a new person")
        parser.add_argument("--forename", default="", help="of a new person")
        parser.add_argument("--surname", default="", help="of a new person")
        parser.add_argument("--end", action="store_true", help="end the post instead")

    def handle(self, **options: Any) -> None:
        """Do it, or say what is missing."""
        at, role = clock.now(), Role(options["role"])
        trust = Trust.objects.filter(name__iexact=options["trust"]).first()
        if trust is None:
            known = ", ".join(Trust.objects.order_by("name").values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no trust {options['trust']}. Known: {known}.")
        try:
            if options["end"]:
                post = self._end(trust, options["email"], role)
                end_post(post=post, on=clock.local(at).date(), by=None, at=at)
                self.stdout.write(f"{post.user.full_name} is no longer {TITLES[role].lower()} of {trust}.")
                return
            post = appoint_to_trust(
                trust=trust,
                email=options["email"],
                title=options["title"],
                first_name=options["forename"],
                last_name=options["surname"],
                role=role,
                by=None,
                at=at,
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{post.user.full_name} is {TITLES[role].lower()} of {trust} from now on.")

    def _end(self, trust: Trust, email: str, role: Role) -> Post:
        post = Post.objects.filter(trust=trust, role=role, user__email__iexact=email, ended_on=None).first()
        if post is None:
            raise CommandError(f"{email} is not {TITLES[role].lower()} of {trust}.")
        return post
