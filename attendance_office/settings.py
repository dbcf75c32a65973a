"""Every setting of the office, from the environment, in one file.

A setting that must be there and is not stops the start and says what to set. docs/operations.md lists them all.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)


def must(name: str, why: str) -> str:
    """Give the environment's value; refuse to start without it, in words."""
    value = str(env.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(
            f"Set {name} in the environment or in .env: {why}. See docs/operations.md, or start with ./run demo."
        )
    return value


DEBUG: bool = env.bool("OFFICE_DEBUG", default=False)
TESTING: bool = env.bool("OFFICE_TESTING", default=False)
SECRET_KEY = must("OFFICE_SECRET_KEY", "a long random text that signs sessions")
ALLOWED_HOSTS: list[str] = env.list("OFFICE_ALLOWED_HOSTS", default=[])
if not ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("Set OFFICE_ALLOWED_HOSTS: the host names the office answers to, comma-separated.")

# The office's own clock. Every door reads attendance_office.clock; this is how many seconds it runs ahead of
# (or, negative, behind) the machine's. Only a demo or a rehearsal sets it.
OFFICE_CLOCK_SHIFT: int = env.int("OFFICE_CLOCK_SHIFT", default=0)
OFFICE_DEMO: bool = env.bool("OFFICE_DEMO", default=False)
OFFICE_IDLE_MINUTES: int = env.int("OFFICE_IDLE_MINUTES", default=15)
OFFICE_SESSION_HOURS: int = env.int("OFFICE_SESSION_HOURS", default=8)
# A second factor for everyone who sees more than one class. A demo on one's own machine goes without.
OFFICE_SECOND_FACTOR: bool = env.bool("OFFICE_SECOND_FACTOR", default=not OFFICE_DEMO)
OFFICE_BACKUP_STAMP = Path(env.str("OFFICE_BACKUP_STAMP", default=str(BASE_DIR / "var" / "last_backup")))

DJANGO_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]
OUR_APPS = [
    "attendance_office",
    "attendance_office.audit",
    "attendance_office.staff",
    "attendance_office.jobs",
    "attendance_office.web",
    "registers",
    "letters",
    "interventions",
    "penalties",
    "reporting",
]
LIBRARY_APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "pghistory",
    "pgtrigger",
    "template_partials",
]
INSTALLED_APPS = [*OUR_APPS, *DJANGO_APPS, *LIBRARY_APPS]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "attendance_office.web.middleware.OfficeMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "attendance_office.urls"
WSGI_APPLICATION = "attendance_office.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "attendance_office.web.context.office",
            ],
            "builtins": ["attendance_office.web.templatetags.office", "template_partials.templatetags.partials"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

DATABASES: dict[str, Any] = {"default": env.db_url_config(must("DATABASE_URL", "postgres://user:password@host/name"))}
DATABASES["default"].update(
    CONN_MAX_AGE=600,
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,
    DISABLE_SERVER_SIDE_CURSORS=True,
    TEST={"NAME": env.str("OFFICE_TEST_DATABASE", default="test_attendance")},
)
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=5,
    tcp_user_timeout=5000,
    options=(
        f"-c statement_timeout={env.int('OFFICE_STATEMENT_TIMEOUT_MS', default=0)}"
        " -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000"
    ),
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sessions and the cache lie in Postgres: nothing that a person waits for talks to Redis.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = OFFICE_SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "office_cache"}}

# HTTP_ONLY is for one machine talking to itself (the demo, the tests); a deployment stands behind TLS.
HTTP_ONLY: bool = env.bool("OFFICE_HTTP_ONLY", default=False)
SECURE_SSL_REDIRECT = not HTTP_ONLY
SECURE_HSTS_SECONDS = 0 if HTTP_ONLY else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not HTTP_ONLY
SECURE_HSTS_PRELOAD = not HTTP_ONLY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not HTTP_ONLY
CSRF_COOKIE_SECURE = not HTTP_ONLY
SESSION_COOKIE_NAME = "office_session" if HTTP_ONLY else "__Host-office_session"
CSRF_COOKIE_NAME = "office_csrf" if HTTP_ONLY else "__Host-office_csrf"
CSRF_COOKIE_HTTPONLY = False
CSRF_TRUSTED_ORIGINS: list[str] = env.list("OFFICE_TRUSTED_ORIGINS", default=[])
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "attendance_office.web.adapters.StaffAccounts"
SOCIALACCOUNT_ADAPTER = "attendance_office.web.adapters.StaffDirectory"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {"login": "attendance_office.web.forms.SignIn"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_PREVENT_ENUMERATION = True
# A whole school signs in at 08:40 from one address: only failures are counted by address, in web/adapters.py.
ACCOUNT_RATE_LIMITS: dict[str, str | None] = {
    "login": None,
    "login_failed": "10/5m/key",
    "reset_password": "60/m/ip,5/m/key",
}
# How many proxies of one's own stand before the office: whose word about the visitor's address counts.
ALLAUTH_TRUSTED_PROXY_COUNT: int = env.int("OFFICE_TRUSTED_PROXIES", default=0 if HTTP_ONLY else 1)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Attendance office"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER := env.str("OFFICE_OIDC_SERVER_URL", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "school",
                "name": env.str("OFFICE_OIDC_NAME", default="your school account"),
                "client_id": must("OFFICE_OIDC_CLIENT_ID", "the client id your directory gave the office"),
                "secret": must("OFFICE_OIDC_SECRET", "the secret your directory gave the office"),
                "settings": {"server_url": OIDC_SERVER},
            }
        ],
    }

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING
DJANGO_TABLES2_TEMPLATE = "django_tables2/office.html"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "attendance_office.web.uploads.WithinLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="dummymail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str("OFFICE_MAIL_FROM", default="attendance.office@school.invalid")
# Where staff reach the office from a mail: the start of every link in a message.
_HOST = ALLOWED_HOSTS[0] if ALLOWED_HOSTS else "127.0.0.1"
OFFICE_URL = env.str("OFFICE_URL", default=f"http://{_HOST}:8000" if HTTP_ONLY else f"https://{_HOST}").rstrip("/")
# In the demo nothing leaves the machine: the post room hands every message to the outbox page instead.
OFFICE_POST = env.str("OFFICE_POST", default="outbox" if OFFICE_DEMO or TESTING else "smtp")
# Text messages and posted letters go by GOV.UK Notify where it has a key; an empty address is the client's own.
OFFICE_NOTIFY_KEY = env.str("OFFICE_NOTIFY_KEY", default="")
OFFICE_NOTIFY_URL = env.str("OFFICE_NOTIFY_URL", default="")
OFFICE_NOTIFY_TEXT_TEMPLATE = env.str("OFFICE_NOTIFY_TEXT_TEMPLATE", default="")
OFFICE_NOTIFY_CALLBACK_TOKEN = env.str("OFFICE_NOTIFY_CALLBACK_TOKEN", default="")

# The link to Wonde: its address and the office's token. Without both nothing is asked of it.
OFFICE_WONDE_URL: str = env.str("OFFICE_WONDE_URL", default="")
OFFICE_WONDE_TOKEN: str = env.str("OFFICE_WONDE_TOKEN", default="")
# Minutes between two runs that bring in what changed there.
OFFICE_WONDE_MINUTES: int = env.int("OFFICE_WONDE_MINUTES", default=60)

CELERY_BROKER_URL = must("REDIS_URL", "redis://host:6379/0 (the broker: it holds hints, never the truth)")
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
# The worker and the beat log as the web server does, through the filter that keeps pupils out.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_limit": None,
    "socket_connect_timeout": 2,
}
# Beat only ticks. What is due is decided from rows, in local time, by the school's calendar.
CELERY_BEAT_SCHEDULE = {
    "run what is due": {
        "task": "interventions.run_due",
        "schedule": env.float("OFFICE_TICK_SECONDS", default=30.0),
        "options": {"expires": 120},
    },
    "make the trawls that people asked for": {
        "task": "interventions.run_asked_trawls",
        "schedule": env.float("OFFICE_TRAWL_SECONDS", default=3.0),
        "options": {"expires": 30},
    },
    "empty the outbox": {
        "task": "letters.deliver_waiting",
        "schedule": env.float("OFFICE_POST_SECONDS", default=10.0),
        "options": {"expires": 60},
    },
    "read the files that wait": {
        "task": "registers.read_waiting_files",
        "schedule": env.float("OFFICE_FILES_SECONDS", default=5.0),
        "options": {"expires": 60},
    },
    "bring in what changed in linked systems": {
        "task": "registers.pull_from_links",
        "schedule": env.float("OFFICE_LINK_SECONDS", default=20.0),
        "options": {"expires": 60},
    },
    "write marks back to linked systems": {
        "task": "registers.write_back",
        "schedule": env.float("OFFICE_LINK_SECONDS", default=20.0),
        "options": {"expires": 60},
    },
    # Ticks come quicker than one of them takes, so that every free hand of the worker makes letters while any wait.
    "make letters": {
        "task": "letters.make_waiting",
        "schedule": env.float("OFFICE_LETTERS_SECONDS", default=3.0),
        "options": {"expires": 10},
    },
    "make the reports that wait": {
        "task": "reporting.make_waiting",
        "schedule": env.float("OFFICE_REPORTS_SECONDS", default=15.0),
        "options": {"expires": 60},
    },
    "print the papers that were issued": {
        "task": "reporting.print_papers",
        "schedule": env.float("OFFICE_PAPERS_SECONDS", default=3.0),
        "options": {"expires": 30},
    },
    "find letters the register supports no longer": {
        "task": "letters.find_doubted",
        "schedule": 300.0,
        "options": {"expires": 240},
    },
    "ask Notify what arrived": {
        "task": "letters.ask_notify",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "prove that the post adds up": {
        "task": "letters.prove_post",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "put right what stuck": {
        "task": "letters.settle_stuck",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"no_pupil_data": {"()": "attendance_office.web.logs.NoPupilData"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_pupil_data"]},
    },
    "root": {"handlers": ["console"], "level": env.str("OFFICE_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # The press says each step of each letter.
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "pikepdf": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
