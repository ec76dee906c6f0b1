"""Settings, read from environment variables with the prefix BTR_ (budget target review).

Every variable is explained in `.env.example`. Without any of them the project runs for trial on SQLite and
loopback; `BTR_HTTPS=1` adds everything that `check --deploy` asks of a production site.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


VAR_DIR = Path(os.environ.get("BTR_VAR_DIR", BASE_DIR / "var"))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = _flag("BTR_DEBUG")
HTTPS = _flag("BTR_HTTPS")
SAMPLE_SECRET_KEY = "change-me-this-is-the-sample-key-of-the-env-example"


def _secret_key() -> str:
    """Return the key of the environment, else one kept in VAR_DIR and made on first use."""
    key = os.environ.get("BTR_SECRET_KEY", "")
    if key == SAMPLE_SECRET_KEY:
        raise ImproperlyConfigured("BTR_SECRET_KEY still holds the sample key of .env.example; set your own.")
    if key:
        return key
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(get_random_secret_key() + get_random_secret_key())
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().strip()


SECRET_KEY = _secret_key()
SEAL_KEY = os.environ.get("BTR_SEAL_KEY", "")  # blank: VAR_DIR/seal_key, made on first use
ALLOWED_HOSTS = _list("BTR_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = _list("BTR_CSRF_TRUSTED_ORIGINS")
FORCE_SCRIPT_NAME = os.environ.get("BTR_SCRIPT_NAME") or None

INSTALLED_APPS = [
    "workflow",
    "targets",
    "notifications",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "django_fsm",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "deploy.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workflow.middleware.LogInAgainMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workflow.middleware.NewPasswordMiddleware",
    "workflow.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "deploy.urls"
WSGI_APPLICATION = "deploy.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workflow.context_processors.shell",
                "notifications.context_processors.unread",
            ],
        },
    },
]


def _database(url: str) -> dict[str, object]:
    """Return Django's settings for `sqlite:///path` or `postgresql://user:password@host:port/name`.

    A host that begins with an encoded slash (%2Frun%2Fpostgresql) is a socket directory.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or str(VAR_DIR / "db.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                " PRAGMA recursive_triggers=ON;",
            },
            "TEST": {"NAME": str(VAR_DIR / "test.sqlite3")},
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path[1:],
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            # Not parts.hostname: that is lower case, and a socket directory may not be.
            "HOST": unquote(parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")).strip("[]"),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "options": "-c statement_timeout=30000 -c lock_timeout=5000"
                " -c idle_in_transaction_session_timeout=60000",
                "server_side_binding": True,
                "prepare_threshold": 5 if _flag("BTR_PREPARED_STATEMENTS", "1") else None,
            },
        }
    raise ImproperlyConfigured("BTR_DATABASE_URL must begin with sqlite:// or postgresql://")


DATABASES = {"default": _database(os.environ.get("BTR_DATABASE_URL", "sqlite:///"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "workflow.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FIRST_DAY_OF_WEEK = 1

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "deploy" / "static"]
STORAGES = {
    "default": {"BACKEND": "deploy.storage.WholeFiles"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler", "deploy.storage.WholeUploads"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_NAME = "btr_session"
CSRF_COOKIE_NAME = "btr_csrf"
CSRF_FAILURE_VIEW = "workflow.views.trouble.form_expired"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# E-mail: off unless a server is named; "file" writes each mail to VAR_DIR/mails, where a page shows it.
EMAIL_HOST = os.environ.get("BTR_EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("BTR_EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("BTR_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("BTR_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = _flag("BTR_EMAIL_TLS")
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = VAR_DIR / "mails"
EMAIL_TO_FILES = _flag("BTR_EMAIL_TO_FILES")
EMAIL_BACKEND = (
    "django.core.mail.backends.filebased.EmailBackend"
    if EMAIL_TO_FILES
    else "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_ENABLED = bool(EMAIL_HOST) or EMAIL_TO_FILES
DEFAULT_FROM_EMAIL = os.environ.get("BTR_EMAIL_FROM", "target-review@localhost")

# Webhooks: off until hosts are named; only these are ever called, and none that resolves to an internal address.
WEBHOOK_HOSTS = frozenset(_list("BTR_WEBHOOK_HOSTS"))
# The calendar feed of one's deadlines: hidden unless a county wants it.
FEED_ENABLED = _flag("BTR_FEED")

REDIS_URL = os.environ.get("BTR_REDIS_URL", "")
SITE_URL = os.environ.get("BTR_SITE_URL", "http://127.0.0.1:8000")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("BTR_LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}

# The product's own settings: each is a county's choice, with the shipped default.
DEFAULT_PROFILE = os.environ.get("BTR_PROFILE", "nx_2022")
DAY_ENDS_AT = os.environ.get("BTR_DAY_ENDS_AT", "24:00")
REMINDERS_AT = os.environ.get("BTR_REMINDERS_AT", "09:00")
AUTO_SEND_UP_TO = os.environ.get("BTR_AUTO_SEND_UP_TO", "division_in_charge")
CONVERTER = os.environ.get("BTR_CONVERTER", "")  # blank: LibreOffice where it is installed; "none": none
CLAMD_SOCKET = os.environ.get("BTR_CLAMD", "")  # blank: files are not scanned
UPLOAD_LIMIT_BYTES = 20 * 1024 * 1024
DEMO_LOGINS = _flag("BTR_DEMO_LOGINS")
THREE_ADMINISTRATORS = _flag("BTR_THREE_ADMINISTRATORS")
