"""Tests: SQLite, or PostgreSQL when METERSIDE_DATABASE_URL names a server; keys that guard nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from portal.settings import env
from portal.settings.base import *  # noqa: F403

VAR = Path(tempfile.gettempdir()) / "meterside-test"
VAR.mkdir(mode=0o700, exist_ok=True)
STATIC_ROOT = VAR / "static"
SECRET_KEY = "only-for-tests"  # noqa: S105  it signs nothing outside a test
SEALING_KEY = "only-for-tests-too"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

_url = env.find_secret("DATABASE_URL", "postgresql://… instead of the SQLite file.")
DATABASES = {"default": env.postgresql_database(_url) if _url else env.sqlite_database(VAR / "test.sqlite3")}
if not _url:
    # A file, not memory: threads meet as they do at home, each with a connection that really closes.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / f"test-{os.getpid()}.sqlite3")}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
