"""What every deployment shares. Nothing here depends on where the portal runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from portal.settings import env

ROOT = Path(__file__).resolve().parents[2]
VAR = env.envpath(
    "VAR", ROOT / "var", "Where the portal keeps its database, keys and collected static files."
)

DEBUG = False
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    # Before allauth, whose templates it replaces.
    "portal.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "portal.common",
    "portal.metering",
    "portal.live",
    "portal.pairing",
    "portal.pages",
    "portal.kiosk",
    "portal.ingest",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "portal.common.headers.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_FORMS = {"login": "portal.accounts.login_form.SignInForm"}
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# People come in through the owner's invitation, which proves the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {"login": "20/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Meterside"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ADAPTER = "portal.accounts.adapter.MfaAdapter"
# Addresses are proved by invitation, not by allauth's own mail.
MFA_ALLOW_UNVERIFIED_EMAIL = True

SESSION_COOKIE_NAME = "meterside_session"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "meterside_csrf"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True

# Headers. Plotly inserts one empty <style> and then uses CSSOM: the hash is that of the empty string.
EMPTY_STYLE_HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, EMPTY_STYLE_HASH],
    "img-src": [CSP.SELF, "blob:", "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), screen-wake-lock=(self), "
    "fullscreen=(self), camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()"
)

# Words and numbers. Instants are UTC everywhere; a page shows them in its household's time zone.
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
USE_THOUSAND_SEPARATOR = False
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [ROOT / "locale"]
LANGUAGE_COOKIE_NAME = "meterside_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.common.package_scripts.PackageScriptsFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.common.static_storage.HashedStorage"},
}
WHITENOISE_MAX_AGE = 3600

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "portal.live.layer.SweptInMemoryLayer", "CONFIG": {"capacity": 1000}}
}

# Mail is optional at home: without a server nothing is sent, and `manage.py login_link` lets people in.
_smtp_host = env.envstr("SMTP_HOST", "", "Mail server; empty: the portal sends no mail.")
MAIL_WORKS = bool(_smtp_host)
MAILERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
if MAIL_WORKS:
    MAILERS["default"] = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": _smtp_host,
            "port": env.envint("SMTP_PORT", 587, "Port of the mail server.", least=1, most=65535),
            "username": env.envstr("SMTP_USER", "", "Name at the mail server."),
            "password": env.find_secret("SMTP_PASSWORD", "Password at the mail server.") or "",
            "use_tls": True,
            "timeout": 10,
        },
    }
DEFAULT_FROM_EMAIL = env.envstr("MAIL_FROM", "meterside@localhost", "Sender of the portal's mail.")

PUBLIC_SIGN_UP = env.envbool("PUBLIC_SIGN_UP", False, "Whether strangers may make an account of their own.")
SECURITY_CONTACT = env.envstr(
    "SECURITY_CONTACT", "", "Where to report a weakness (mailto: or https:), for /.well-known/security.txt."
)
READS_LOCAL_PORTS = True
"""Whether people may name ports and addresses for this machine to read: only where it is in their home."""
DEFAULT_TIME_ZONE = env.envstr("TIME_ZONE", "Europe/Berlin", "IANA time zone offered to a new household.")
DEFAULT_COUNTRY = env.envstr("COUNTRY", "DE", "ISO 3166 country code offered to a new household.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.envstr("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    },
    "loggers": {
        "django": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "ERROR"},
    },
}
