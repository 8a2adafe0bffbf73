"""Every setting of the system, its default and its checks, in one place.

Settings come from environment variables (12-factor). A bad value stops the start with one clear line.

Some variables are read before the settings. api/server/gunicorn.py reads BIND (127.0.0.1), the address where web
processes listen; WEB_CONCURRENCY (2), their number; KEEPALIVE_SECONDS (75 if TRUSTED_PROXIES is set, otherwise 5), how
long an idle connection is kept; and PROMETHEUS_MULTIPROC_DIR (metrics/ in the home), the folder of their counts.
`leadmatch run` reads NO_DEMO. XDG_DATA_HOME contains the home of an installed wheel. Libraries read their own
variables: AWS_... for uploads in S3, OTEL_... for traces.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from models.core.errors import SettingsError
from models.platform.checkout import default_home, is_unreadable
from models.platform.weak_secrets import is_weak

ENVIRONMENTS = ("local", "test", "production")

#: HS256 keys shorter than the hash's 32 bytes weaken it (RFC 7518, section 3.2).
SHORTEST_SECRET = 32  # characters

#: The bot's secret is not a key of a hash, and guesses at it are limited, so 95 bits (16 letters and digits) are
#: enough.
SHORTEST_BOT_SECRET = 16  # characters

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

#: Threads of a web process: enough for 64 open chats in addition to HTTP. Idle threads cost little.
DEFAULT_WEB_THREADS = 96

#: This machine, in the notation of METRICS_NETWORKS.
LOOPBACK = "127.0.0.0/8,::1/128"


#: The variables that :meth:`Settings.from_env` reads; `leadmatch run` stores them for commands in other shells.
SETTING_NAMES = tuple(
    """
    ENVIRONMENT DATABASE_URL REDIS_URL SECRET_KEY PORT LEADMATCH_HOME TELEGRAM_BOT_TOKEN TELEGRAM_BOT_SECRET
    TELEGRAM_BOT TELEGRAM_BOT_NAME TELEGRAM_WEBHOOK
    TELEGRAM_API_URL SMS_GATEWAY_URL SMS_PER_HOUR SMTP_URL PUBLIC_URL MEDIA_URL CORS_ORIGINS TRUSTED_PROXIES TOKEN_HOURS
    LOG_LEVEL WEB_THREADS WORKER_THREADS WORKER_MEMORY_MB METRICS_TOKEN METRICS_NETWORKS QUEUE_LIMIT RATES_URL
    FEED_MAX_MB FEED_PRIVATE_ADDRESSES WEBHOOK_PRIVATE_ADDRESSES FETCH_PHOTOS MAP_TILES_URL
    MAP_ATTRIBUTION PUBLIC_SEARCH BIND
""".split()
)


@dataclass(frozen=True)
class Settings:
    """The checked settings of the environment. See :meth:`from_env` for the variables' names."""

    #: ENVIRONMENT: local, test or production. local shows SMS codes in answers and admits the Telegram bot without its
    #: secret.
    environment: str
    #: Whether ENVIRONMENT was set. If not, it is local, and only requests from this machine are accepted: a platform
    #: that runs the Procfile must not serve codes in answers to the whole internet.
    is_environment_set: bool
    #: DATABASE_URL: PostgreSQL. `leadmatch run` starts its own when this is not set.
    database_url: str
    #: REDIS_URL: Redis or Valkey; broker, pub/sub and limits.
    redis_url: str
    #: SECRET_KEY: signs tokens and hashes codes; at least 32 characters in production.
    secret_key: str
    #: PORT: where the web process listens.
    port: int
    #: LEADMATCH_HOME: folder of local state (databases of `leadmatch run`, uploads).
    home: Path
    #: TELEGRAM_BOT_TOKEN: verifies Telegram logins and sends notifications; empty: both are off.
    telegram_bot_token: str
    #: TELEGRAM_BOT_SECRET: the value that our bot sends as X-Telegram-Bot-Secret; required in production.
    telegram_bot_secret: str
    #: TELEGRAM_BOT: 1: the process `bot` runs our Telegram bot; 0: it waits.
    telegram_bot: bool
    #: TELEGRAM_BOT_NAME: the bot's user name, without @: the profile page then links to it.
    telegram_bot_name: str
    #: TELEGRAM_WEBHOOK: 1: Telegram posts updates to PUBLIC_URL, which must be https; 0: the bot polls for them.
    telegram_webhook: bool
    #: TELEGRAM_API_URL: where notifications are sent; another address only for a local stand-in.
    telegram_api_url: str
    #: SMS_GATEWAY_URL: console://, smsc://login:password@smsc.kz or twilio://sid:token@api.twilio.com?from=+1...
    #: (worker/jobs/sms.py); smsc+http:// and twilio+http:// are for stand-ins on this machine.
    sms_gateway_url: str
    #: SMS_PER_HOUR: the limit of all codes; numbers of one country other than +7 may use a tenth of it.
    sms_per_hour: int
    #: SMTP_URL: smtp://login:password@host?from=..., smtps:// or, on this machine, smtp+plain:// (worker/jobs/mail.py);
    #: empty: no e-mail is sent, and signing in by e-mail is off.
    smtp_url: str
    #: PUBLIC_URL: the address in links by e-mail and in invitations: https://leadmatch.example.
    public_url: str
    #: MEDIA_URL: where uploads are stored: file:///folder or s3://bucket/prefix; empty: a folder of LEADMATCH_HOME.
    media_url: str
    #: CORS_ORIGINS: comma-separated origins whose pages may call the API; empty: none.
    cors_origins: tuple[str, ...]
    #: TRUSTED_PROXIES: the number of proxies in front that append to X-Forwarded-For; 0: the header is ignored.
    trusted_proxies: int
    #: TOKEN_HOURS: how long an access token is valid.
    token_hours: int
    #: LOG_LEVEL: DEBUG, INFO, WARNING or ERROR.
    log_level: str
    #: WEB_THREADS: threads of one web process (gunicorn reads it too); up to two thirds of them may be held by chats
    #: and listeners.
    web_threads: int
    #: WORKER_THREADS: threads that score one market; 0: one per core.
    worker_threads: int
    #: WORKER_MEMORY_MB: the memory limit of a worker process. Larger markets are scored in tiles, snapshots are kept as
    #: far as they fit, and a process that exceeds the limit is replaced after its task; 0: no limit.
    worker_memory_mb: int
    #: METRICS_TOKEN: the bearer token for reading /metrics; empty: no token is accepted.
    metrics_token: str
    #: METRICS_NETWORKS: comma-separated networks whose hosts may read /metrics; outside production this machine always
    #: may.
    metrics_networks: tuple[IPv4Network | IPv6Network, ...]
    #: QUEUE_LIMIT: with more messages than this in a queue, operations that would add many answer 503.
    queue_limit: int
    #: RATES_URL: addresses of central banks' daily tables, separated by blanks; empty: operators set the rates.
    rates_urls: tuple[str, ...]
    #: FEED_MAX_MB: the maximum size of a feed's answer and of a file of listings, unpacked.
    feed_max_mb: int
    #: FEED_PRIVATE_ADDRESSES: 1 allows feeds from this machine and its network; for tests and closed networks.
    feed_private_addresses: bool
    #: FETCH_PHOTOS: 1: the photos in listings are fetched, checked and served from our own address; pages then load
    #: nothing from other sites.
    fetch_photos: bool
    #: PUBLIC_SEARCH: on or off. If on, anybody, including search engines, may use the search over all homes on the
    #: market. The default in production is off, because owners have to agree to it.
    public_search: bool
    #: MAP_TILES_URL: the address of map tiles, https://tiles.example/{z}/{x}/{y}.png; empty: pages load no tiles and
    #: show a drawing of the neighbouring districts instead.
    map_tiles_url: str
    #: MAP_ATTRIBUTION: the attribution below the map, as its terms require.
    map_attribution: str
    #: WEBHOOK_PRIVATE_ADDRESSES: 1 allows webhooks to this machine and its network, and by http; likewise.
    webhook_private_addresses: bool

    @property
    def is_local(self) -> bool:
        return self.environment == "local"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """
        Read and check the settings.

        Raises:
            SettingsError: A value is missing, malformed or, in production, too weak. The message names the variable.
        """
        settings = cls._read(environ)
        settings._check_for_serving(environ)
        return settings

    @classmethod
    def for_command(cls, *needs: str, environ: Mapping[str, str] = os.environ) -> "Settings":
        """
        Read the settings for a command that uses the database and the variables in *needs*, for instance REDIS_URL.

        Nothing else has to be set; variables that only servers need, such as gateways, are not required.

        Raises:
            SettingsError: One of these is missing, or a value is malformed.
        """
        home = environ.get("LEADMATCH_HOME") or default_home()
        for name in ("DATABASE_URL", *needs):
            if not environ.get(name):
                if is_unreadable(Path(home) / "leadmatch.env"):
                    raise SettingsError(
                        f"{home} is another account's: call the command as the account that started the system, name"
                        f" another home with LEADMATCH_HOME, or give {name}"
                    )
                raise SettingsError(
                    f"no system has been started in {home}, and {name} is not set: start one with `make run`, or name"
                    f" its home with LEADMATCH_HOME, or give {name}"
                )
        return cls._read({"REDIS_URL": "redis://", "SECRET_KEY": "-", **{k: v for k, v in environ.items() if v}})

    @classmethod
    def _read(cls, environ: Mapping[str, str]) -> "Settings":
        environment = environ.get("ENVIRONMENT") or "local"
        if environment not in ENVIRONMENTS:
            raise SettingsError(f"ENVIRONMENT is {environment!r}; use one of: {', '.join(ENVIRONMENTS)}")
        home = Path(environ.get("LEADMATCH_HOME") or default_home()).absolute()
        return cls(
            environment=environment,
            is_environment_set=bool(environ.get("ENVIRONMENT")),
            database_url=database_url(_required(environ, "DATABASE_URL")),
            redis_url=_redis_url(_required(environ, "REDIS_URL")),
            secret_key=_required(environ, "SECRET_KEY"),
            port=_whole(environ, "PORT", 8000, 1, 65535),
            home=home,
            telegram_bot_token=environ.get("TELEGRAM_BOT_TOKEN", ""),
            telegram_bot_secret=environ.get("TELEGRAM_BOT_SECRET", ""),
            telegram_bot=bool(_whole(environ, "TELEGRAM_BOT", 0, 0, 1)),
            telegram_bot_name=environ.get("TELEGRAM_BOT_NAME", "").strip().lstrip("@"),
            telegram_webhook=bool(_whole(environ, "TELEGRAM_WEBHOOK", 0, 0, 1)),
            telegram_api_url=(environ.get("TELEGRAM_API_URL") or "https://api.telegram.org").rstrip("/"),
            sms_gateway_url=environ.get("SMS_GATEWAY_URL") or ("" if environment == "production" else "console://"),
            sms_per_hour=_whole(environ, "SMS_PER_HOUR", 100_000 if environment == "local" else 1000, 1, 10_000_000),
            smtp_url=environ.get("SMTP_URL", ""),
            public_url=(environ.get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT') or 8000}").rstrip("/"),
            media_url=environ.get("MEDIA_URL") or (home / "media").as_uri(),
            cors_origins=tuple(filter(None, (part.strip() for part in environ.get("CORS_ORIGINS", "").split(",")))),
            trusted_proxies=_whole(environ, "TRUSTED_PROXIES", 0, 0, 10),
            token_hours=_whole(environ, "TOKEN_HOURS", 24, 1, 24 * 90),
            log_level=_log_level(environ),
            web_threads=_whole(environ, "WEB_THREADS", DEFAULT_WEB_THREADS, 4, 2000),
            worker_threads=_whole(environ, "WORKER_THREADS", 0, 0, 256),
            worker_memory_mb=_whole(environ, "WORKER_MEMORY_MB", 3072, 0, 10_000_000),
            metrics_token=environ.get("METRICS_TOKEN", ""),
            metrics_networks=_networks(environ, "METRICS_NETWORKS", "" if environment == "production" else LOOPBACK),
            queue_limit=_whole(environ, "QUEUE_LIMIT", 10_000, 1, 10_000_000),
            rates_urls=_urls(environ, "RATES_URL"),
            feed_max_mb=_whole(environ, "FEED_MAX_MB", 1024, 1, 1_000_000),
            feed_private_addresses=bool(_whole(environ, "FEED_PRIVATE_ADDRESSES", 0, 0, 1)),
            fetch_photos=bool(_whole(environ, "FETCH_PHOTOS", 0, 0, 1)),
            public_search=_is_on(environ, "PUBLIC_SEARCH", default=environment != "production"),
            map_tiles_url=_tiles_url(environ),
            map_attribution=environ.get("MAP_ATTRIBUTION") or "© OpenStreetMap contributors",
            webhook_private_addresses=bool(_whole(environ, "WEBHOOK_PRIVATE_ADDRESSES", 0, 0, 1)),
        )

    def _check_for_serving(self, environ: Mapping[str, str]) -> None:
        """Raise SettingsError if these settings are unsafe or unusable for serving."""
        if self.is_production and is_weak(self.secret_key, SHORTEST_SECRET):
            raise SettingsError(
                f"SECRET_KEY is too weak: at least {SHORTEST_SECRET} random characters, "
                'e.g. from: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        if not self.is_environment_set and not _is_loopback(environ.get("BIND") or "127.0.0.1"):
            raise SettingsError(
                "ENVIRONMENT is not set, and BIND lets others in: set ENVIRONMENT to production, or, where everybody "
                "may see codes and sign in without proof, to local"
            )
        if (
            self.is_production
            and self.sms_gateway_url
            and not self.sms_gateway_url.startswith(("smsc://", "twilio://"))
        ):
            raise SettingsError("SMS_GATEWAY_URL must name a real gateway in production (smsc:// or twilio://)")
        if self.smtp_url and self.is_production and not self.public_url.startswith("https://"):
            raise SettingsError(
                "PUBLIC_URL must be set beside SMTP_URL, and begin with https:// : links by e-mail name it"
            )
        if self.is_production and self.metrics_token and is_weak(self.metrics_token, SHORTEST_SECRET):
            raise SettingsError(f"METRICS_TOKEN is too weak: at least {SHORTEST_SECRET} random characters")
        if self.is_production and is_weak(self.telegram_bot_secret, SHORTEST_BOT_SECRET):
            raise SettingsError(
                "TELEGRAM_BOT_SECRET must be set in production, to at least "
                f"{SHORTEST_BOT_SECRET} random characters: only who knows it may sign people in"
            )


def database_url(url: str) -> str:
    """
    The URL with the name of the driver: SQLAlchemy 2.1 reads a bare ``postgresql://`` as psycopg 3, which we do not
    use.

    >>> database_url("postgres://me@localhost/leadmatch")
    'postgresql+psycopg2://me@localhost/leadmatch'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise SettingsError("DATABASE_URL must begin with postgresql://")
    return f"postgresql+psycopg2://{rest}"


def _redis_url(url: str) -> str:
    if not url.startswith(("redis://", "rediss://")):
        raise SettingsError("REDIS_URL must begin with redis:// or rediss://")
    return url


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set; `leadmatch run` sets it, elsewhere give it in the environment")
    return value


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or address.startswith("unix:") or ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _log_level(environ: Mapping[str, str]) -> str:
    level = (environ.get("LOG_LEVEL") or "INFO").upper()
    if level not in LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL is {level!r}; use one of: {', '.join(LOG_LEVELS)}")
    return level


def _networks(environ: Mapping[str, str], name: str, default: str) -> tuple[IPv4Network | IPv6Network, ...]:
    raw = environ.get(name) or default
    try:
        return tuple(ip_network(part.strip()) for part in raw.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"{name} is {raw!r}; use networks such as 10.0.0.0/8,fd00::/8 ({error})") from None


def _urls(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    urls = tuple(environ.get(name, "").split())
    for url in urls:
        try:
            parts = urlsplit(url)
            is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            is_good = False
        if not is_good:
            raise SettingsError(f"{name} is {url!r}; use addresses that begin with https:// or http://")
    return urls


def _is_on(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    raw = environ.get(name) or ("on" if default else "off")
    if raw not in ("on", "off"):
        raise SettingsError(f"{name} is {raw!r}; use on or off")
    return raw == "on"


def _tiles_url(environ: Mapping[str, str]) -> str:
    """Check an address from which browsers load tiles: https, with the three placeholders after the host."""
    url = environ.get("MAP_TILES_URL", "")
    try:
        host, path = urlsplit(url).netloc, urlsplit(url).path
    except ValueError:
        host = path = ""
    filled_in = all(path.count(placeholder) == 1 for placeholder in ("{z}", "{x}", "{y}"))
    if url and not (url.startswith("https://") and re.fullmatch(r"[\w.-]+(:\d+)?", host, re.ASCII) and filled_in):
        raise SettingsError(f"MAP_TILES_URL is {url!r}; use one like https://tiles.example/{{z}}/{{x}}/{{y}}.png")
    return url


def _whole(environ: Mapping[str, str], name: str, default: int, minimum: int, maximum: int) -> int:
    raw = environ.get(name) or str(default)
    if not raw.isdecimal() or not minimum <= int(raw) <= maximum:
        raise SettingsError(f"{name} is {raw!r}; use a whole number from {minimum} to {maximum}")
    return int(raw)
