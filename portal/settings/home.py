"""One small computer in the home: SQLite, one process, no broker. The default."""

from __future__ import annotations

import socket

from portal.settings import env
from portal.settings.base import *  # noqa: F403
from portal.settings.base import VAR

SECRET_KEY = env.secret_kept_in(VAR / "secret_key", "SECRET_KEY", "Signs sessions and links.")
SEALING_KEY = env.secret_kept_in(
    VAR / "sealing_key", "SEALING_KEY", "Seals meter keys and passwords at rest."
)

ALLOWED_HOSTS = env.envlist(
    "HOSTS",
    ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), f"{socket.gethostname()}.local"],
    "Names and addresses under which browsers may reach the portal.",
)
CSRF_TRUSTED_ORIGINS = env.envlist(
    "ORIGINS", [], "Origins behind a TLS proxy, such as https://meter.example."
)

_url = env.find_secret("DATABASE_URL", "postgresql://… instead of the SQLite file.")
DATABASES = {
    "default": env.postgresql_database(_url) if _url else env.sqlite_database(VAR / "meterside.sqlite3")
}

_redis = env.find_secret("REDIS_URL", "redis://… so that pages and ingest can run as separate processes.")
if _redis:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [_redis]},
        }
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _redis}}

if env.envbool("HTTPS", False, "Whether browsers reach the portal by HTTPS (behind a TLS proxy)."):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
