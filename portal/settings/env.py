"""Typed readers of the environment. Settings are read here and nowhere else.

Every read declares itself in `DECLARED`, so that docs/settings can be made from it and a test can
compare the two. A secret comes from NAME, from the file that NAME_FILE names, or from a systemd
credential of the same name in lower case; if it is nowhere, the portal refuses to start.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PREFIX = "METERSIDE_"


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting an operator may give."""

    name: str
    kind: str
    default: str
    meaning: str


DECLARED: dict[str, Declared] = {}


def _declare(name: str, kind: str, default: object, meaning: str) -> str | None:
    full_name = PREFIX + name
    DECLARED[full_name] = Declared(full_name, kind, "" if default is None else str(default), meaning)
    return os.environ.get(full_name)


def envstr(name: str, default: str, meaning: str) -> str:
    """A text."""
    text = _declare(name, "text", default, meaning)
    return default if text is None else text


def envbool(name: str, default: bool, meaning: str) -> bool:
    """A yes or no: 1/0, true/false, yes/no, on/off."""
    text = _declare(name, "yes or no", "yes" if default else "no", meaning)
    if text is None or not text.strip():
        return default
    match text.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
        case other:
            raise ImproperlyConfigured(f"{PREFIX}{name} is {other!r}; it takes yes or no.")


def envint(name: str, default: int, meaning: str, *, least: int, most: int) -> int:
    """A whole number between `least` and `most`."""
    text = _declare(name, f"whole number, {least} to {most}", default, meaning)
    if text is None or not text.strip():
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {text!r}; it takes a whole number.") from error
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {number}; it takes {least} to {most}.")
    return number


def envlist(name: str, default: list[str], meaning: str) -> list[str]:
    """Several texts with commas between them."""
    text = _declare(name, "list with commas", ",".join(default), meaning)
    return default if text is None else [part.strip() for part in text.split(",") if part.strip()]


def envpath(name: str, default: Path, meaning: str) -> Path:
    """A path; `~` is the home directory."""
    text = _declare(name, "path", default.name, meaning)
    return default if not text else Path(text).expanduser().absolute()


def find_secret(name: str, meaning: str) -> str | None:
    """A secret from NAME, NAME_FILE or a systemd credential; None: it is nowhere."""
    text = _declare(name, "secret", None, meaning)
    if text:
        return text
    named_file = os.environ.get(f"{PREFIX}{name}_FILE")
    if named_file:
        return _read_secret(Path(named_file))
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials:
        credential = Path(credentials) / (PREFIX + name).lower()
        if credential.exists():
            return _read_secret(credential)
    return None


def envsecret(name: str, meaning: str) -> str:
    """A secret that must be there."""
    secret = find_secret(name, meaning)
    if secret is None:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is missing: set it, or {PREFIX}{name}_FILE, or a systemd credential."
        )
    return secret


def secret_kept_in(path: Path, name: str, meaning: str) -> str:
    """A secret from the environment, else from `path`, which the first start makes (mode 0600)."""
    given = find_secret(name, meaning)
    if given is not None:
        return given
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            # Two processes started together; the other one made it.
            pass
        else:
            with os.fdopen(made, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(64))
    return _read_secret(path)


def _read_secret(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"The secret file {path} cannot be read: {error.strerror}.") from error
    if mode & 0o007:
        raise ImproperlyConfigured(f"Others can read {path}; run: chmod 600 {path}")
    if not secret:
        raise ImproperlyConfigured(f"The secret file {path} is empty.")
    return secret


def sqlite_database(path: Path) -> dict[str, object]:
    """Django's DATABASES entry for one SQLite file that several threads and processes share.

    WAL lets pages read while the worker writes; IMMEDIATE takes the write lock at the start of a
    transaction, so that two writers wait for each other instead of failing half-way.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=NORMAL;"
                "PRAGMA temp_store=MEMORY;"
                "PRAGMA cache_size=-8000;"
                "PRAGMA mmap_size=67108864;"
                "PRAGMA journal_size_limit=16777216"
            ),
        },
    }


def postgresql_database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for `postgresql://user:password@host:port/name?sslmode=…`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "The database's URL must look like postgresql://user:password@host:5432/name"
        )
    options: dict[str, object] = dict(parse_qsl(parts.query))
    # A socket directory may be given as the host, percent-encoded or as ?host=/run/postgresql.
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
