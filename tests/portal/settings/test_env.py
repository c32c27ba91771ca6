"""Settings are typed, and an absent secret stops the start."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings import env


@pytest.fixture(autouse=True)
def _declared_as_before(monkeypatch):
    """What is declared here is no setting of the portal."""
    monkeypatch.setattr(env, "DECLARED", dict(env.DECLARED))


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_yes_or_no(monkeypatch, text, value):
    monkeypatch.setenv("METERSIDE_X", text)
    assert env.envbool("X", True, "") is value


def test_no_third_way(monkeypatch):
    monkeypatch.setenv("METERSIDE_X", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="METERSIDE_X"):
        env.envbool("X", False, "")


def test_number_within_bounds(monkeypatch):
    monkeypatch.setenv("METERSIDE_X", "12")
    assert env.envint("X", 1, "", least=1, most=12) == 12
    with pytest.raises(ImproperlyConfigured):
        env.envint("X", 1, "", least=1, most=11)
    monkeypatch.setenv("METERSIDE_X", "a dozen")
    with pytest.raises(ImproperlyConfigured):
        env.envint("X", 1, "", least=1, most=12)


def test_secret_from_environment_file_or_credential(monkeypatch, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="METERSIDE_X is missing"):
        env.envsecret("X", "")
    (tmp_path / "meterside_x").write_text("from systemd\n")
    (tmp_path / "meterside_x").chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert env.envsecret("X", "") == "from systemd"
    (tmp_path / "given").write_text("from a file\n")
    (tmp_path / "given").chmod(0o600)
    monkeypatch.setenv("METERSIDE_X_FILE", str(tmp_path / "given"))
    assert env.envsecret("X", "") == "from a file"
    monkeypatch.setenv("METERSIDE_X", "given")
    assert env.envsecret("X", "") == "given"


def test_secret_that_all_can_read_is_refused(monkeypatch, tmp_path):
    (tmp_path / "given").write_text("open")
    (tmp_path / "given").chmod(0o644)
    monkeypatch.setenv("METERSIDE_X_FILE", str(tmp_path / "given"))
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        env.envsecret("X", "")


def test_first_start_makes_a_key_that_only_we_can_read(tmp_path):
    path = tmp_path / "var" / "key"
    made = env.secret_kept_in(path, "X", "")
    assert len(made) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert env.secret_kept_in(path, "X", "") == made


def test_database_by_url():
    found = env.postgresql_database("postgresql://me:p%40ss@db.example:5433/meter?sslmode=require")
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("meter", "me", "p@ss")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("db.example", "5433", {"sslmode": "require"})
    with pytest.raises(ImproperlyConfigured):
        env.postgresql_database("mysql://me@db.example/meter")


def test_cluster_refuses_to_start_without_secrets(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", "import portal.settings.cluster"],
        env={"PATH": "", "METERSIDE_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "METERSIDE_SECRET_KEY is missing" in ran.stderr


def test_cluster_guards_cookies_and_transport(tmp_path):
    script = (
        "import portal.settings.cluster as c;"
        "assert c.SECURE_SSL_REDIRECT and c.SECURE_HSTS_SECONDS >= 31536000;"
        "assert c.SESSION_COOKIE_SECURE and c.CSRF_COOKIE_SECURE;"
        "assert c.CHANNEL_LAYERS['default']['BACKEND'].endswith('RedisPubSubChannelLayer')"
    )
    secrets = {
        "SECRET_KEY": "a",
        "SEALING_KEY": "b",
        "DATABASE_URL": "postgresql://a/b",
        "REDIS_URL": "redis://a",
    }
    given = {f"METERSIDE_{name}": value for name, value in secrets.items()}
    subprocess.run([sys.executable, "-c", script], env={"PATH": "", **given}, check=True)
