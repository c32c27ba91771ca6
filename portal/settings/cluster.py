"""Many processes and machines: PostgreSQL, Redis between processes, a TLS proxy in front."""

from __future__ import annotations

from portal.settings import env
from portal.settings.base import *  # noqa: F403

SECRET_KEY = env.envsecret("SECRET_KEY", "Signs sessions and links.")
SEALING_KEY = env.envsecret("SEALING_KEY", "Seals meter keys and passwords at rest.")

ALLOWED_HOSTS = env.envlist("HOSTS", [], "Names and addresses under which browsers may reach the portal.")
CSRF_TRUSTED_ORIGINS = env.envlist(
    "ORIGINS", [], "Origins behind a TLS proxy, such as https://meter.example."
)

DATABASES = {"default": env.postgresql_database(env.envsecret("DATABASE_URL", "postgresql://…"))}

REDIS_URL = env.envsecret("REDIS_URL", "redis://… for messages between processes, rate limits and sessions.")
# Pub/sub, never the list-based layer: that one exhausts the connection pool at a thousand sockets.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# Meters are read by gateways in the homes; a browser must not make this server knock at addresses.
READS_LOCAL_PORTS = False

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-meterside_session"
CSRF_COOKIE_NAME = "__Host-meterside_csrf"
LANGUAGE_COOKIE_SECURE = True
