"""`manage.py login_link EMAIL`: a link that signs this person in once, within 15 minutes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.services import make_login_link


class Command(BaseCommand):
    """Whoever may run commands on this machine may let a person in; nobody needs a default password."""

    help = "Print a link that signs one person in, once, within 15 minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and where the portal is reached."""
        parser.add_argument("email", help="e-mail address of the person")
        parser.add_argument(
            "--base-url", default="http://localhost:8000", help="where browsers reach the portal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link, and nothing else, so that scripts can take it."""
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {options['email']}.")
        path = reverse("login_link", args=[make_login_link(user)])
        self.stdout.write(f"{options['base_url'].rstrip('/')}{path}")
