"""Everything the deployment decides, read from the environment once.

Each name can also be given as NAME_FILE, the path of a file that holds the value (Docker and Kubernetes secrets).
A bad value stops the start and is named. README has the table of all names.
"""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import FileAwareEnv

from accounts.gateways import keyring
from accounts.gateways.outside import Outside, endpoints
from tierdash import mail_server, receipt_store

env = FileAwareEnv(eager=True)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("TIERDASH_VAR_DIR", str(BASE_DIR / "var")))

# --- the address people use -------------------------------------------------------------------------------------------
SITE_URL = env.str("TIERDASH_URL", "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"TIERDASH_URL must look like https://tierdash.example.org, not {SITE_URL!r}.")
IS_HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = [*env.list("TIERDASH_ALLOWED_HOSTS", []), _site.hostname, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- secrets and safety -----------------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", "")
if len(SECRET_KEY) < 50 or SECRET_KEY.startswith("django-insecure"):
    raise ImproperlyConfigured("SECRET_KEY must be set to at least 50 random characters ('make run' makes one).")
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("TIERDASH_BEHIND_PROXY", False) else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "accounts.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        # The mailbox shows stored mails in a sandboxed frame of our own origin.
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- the application --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "heroicons",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.forms",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages hold secrets only masked anew each time, and Django pads what it compresses: BREACH learns nothing.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    # Before sessions, languages and forms: the API knows no cookies, and answers in JSON whoever answers.
    "accounts.api.door.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "accounts.middleware.GuardMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.PersonMiddleware",
]
ROOT_URLCONF = "tierdash.urls"
WSGI_APPLICATION = "tierdash.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "csp.context_processors.nonce",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.templatetags.frame.frame",
            ],
            "builtins": ["django.templatetags.i18n"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database, cache, broker ------------------------------------------------------------------------------------------
DATABASES = {"default": env.dj_db_url("DATABASE_URL", conn_max_age=env.int("TIERDASH_CONN_MAX_AGE", 60))}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A hung server must end as an error page, never as a page that loads for ever (reliability: F14).
DATABASES["default"].setdefault("OPTIONS", {})
# A socket's folder is given as "?host=/folder": the host part of a URL is lower-cased when it is read.
if _socket_dir := DATABASES["default"]["OPTIONS"].pop("host", ""):
    DATABASES["default"]["HOST"] = _socket_dir
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DATABASES["default"]["ENGINE"] = "tierdash.database"
DATABASES["default"]["OPTIONS"]["patience_seconds"] = env.float("TIERDASH_DATABASE_PATIENCE_SECONDS", None)
DATABASES["default"]["OPTIONS"].setdefault("application_name", env.str("TIERDASH_PART", "tierdash"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "accounts.forms.people.LongEnough",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:board"
ACCOUNT_ADAPTER = "accounts.views.doors.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {"signup": "accounts.forms.SignUpForm"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.bool("TIERDASH_BEHIND_PROXY", False) else 0
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
SIGN_UP_IS_OPEN = env.bool("TIERDASH_SIGN_UP", True)
IS_DEMO = env.bool("TIERDASH_DEMO", False)

# --- the API ----------------------------------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = env.int("TIERDASH_API_REQUESTS_PER_MINUTE", 120)
API_MOST_BYTES = 256 * 1024

# --- languages and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["accounts.formats"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# --- files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "receipts": {"BACKEND": "accounts.gateways.folder.Folder", "OPTIONS": {"location": str(VAR_DIR / "receipts")}},
}
_receipts_url = env.str("TIERDASH_RECEIPTS_URL", "")
if _receipts_url:
    try:
        STORAGES["receipts"] = receipt_store.read(_receipts_url)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TIERDASH_RECEIPTS_URL must look like s3://bucket/prefix?endpoint_url=...&region=...: {error}."
        ) from None
# How large one receipt may be, and all receipts of a workspace together; one that belongs to several payments is one.
RECEIPT_MOST_MB = env.int("TIERDASH_RECEIPT_MOST_MB", 10)
RECEIPTS_MOST_MB = env.int("TIERDASH_RECEIPTS_MOST_MB", 500)
if not 1 <= RECEIPT_MOST_MB <= 100:
    raise ImproperlyConfigured(f"TIERDASH_RECEIPT_MOST_MB is a number from 1 to 100, not {RECEIPT_MOST_MB}.")
if RECEIPTS_MOST_MB < RECEIPT_MOST_MB:
    raise ImproperlyConfigured("TIERDASH_RECEIPTS_MOST_MB must not be less than TIERDASH_RECEIPT_MOST_MB.")

# --- mail -------------------------------------------------------------------------------------------------------------
# With EMAIL_URL, mail leaves through that SMTP server; without it, mail stays in a folder that the administrator reads.
EMAIL_URL = env.str("EMAIL_URL", "")
MAILBOX_DIR = VAR_DIR / "mailbox"
EMAIL_TIMEOUT = 20
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    try:
        _mail = mail_server.read(EMAIL_URL)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"EMAIL_URL must look like smtp+tls://user:password@mail.example.org:587: {error}."
        ) from None
    EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.tls
else:
    EMAIL_BACKEND = "accounts.gateways.mailbox.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("TIERDASH_MAIL_FROM", f"tierdash <tierdash@{_site.hostname}>")
# A notice waits this long before its mail leaves, so that an immediate correction can still cancel it.
NOTICE_GRACE_SECONDS = env.int("TIERDASH_NOTICE_GRACE_SECONDS", 120)
# What happens to a mail of which nobody can know whether it left: "resend" once, or "hold" for a person to decide.
UNCERTAIN_MAIL = env.str("TIERDASH_UNCERTAIN_MAIL", "resend")
if UNCERTAIN_MAIL not in {"resend", "hold"}:
    raise ImproperlyConfigured(f"TIERDASH_UNCERTAIN_MAIL is 'resend' or 'hold', not {UNCERTAIN_MAIL!r}.")

# --- channels: webhooks and chat services -----------------------------------------------------------------------------
# What this instance calls by itself: the open internet by HTTPS, and endpoints of the operator's own network by name.
try:
    OUTSIDE = Outside(endpoints(env.list("TIERDASH_OUTBOUND_ALLOW", [])))
except ValueError as error:
    raise ImproperlyConfigured(f"TIERDASH_OUTBOUND_ALLOW lists host:port with commas between: {error}.") from None
# The keys that secrets are sealed with, never in the database: from the environment, or from a file of our own.
KEYRING = env.str("TIERDASH_KEYRING", "")
KEYRING_PATH = VAR_DIR / "keyring"
if KEYRING:
    try:
        keyring.parse(KEYRING)
    except keyring.KeyringError as error:
        raise ImproperlyConfigured(f"TIERDASH_KEYRING cannot be used: {error}") from None

# --- the clock --------------------------------------------------------------------------------------------------------
BEAT_SECONDS = env.int("TIERDASH_BEAT_SECONDS", 60)
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "pgmq://")

# --- logs -------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tierdash.logs.Line", "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("TIERDASH_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It would tell of every request, and addresses of webhooks are secrets.
        "httpcore2": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
