"""Warn at start of settings that give more people access than most operators intend."""

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

from models.platform.settings import Settings

log = logging.getLogger(__name__)

#: Hosts for which plain HTTP is allowed, because nothing leaves the machine.
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


def warn_of_risky_settings(settings: Settings) -> None:
    """Log a warning for each."""
    for sentence in risky_settings(settings):
        log.warning(sentence)


def risky_settings(settings: Settings) -> Iterator[str]:
    """One sentence for each such setting."""
    if not settings.is_environment_set:
        yield "ENVIRONMENT is not set: it is local, and only this machine is let in"
    if settings.is_local and not settings.telegram_bot_secret:
        yield "TELEGRAM_BOT_SECRET is not set: anybody may sign in as the bot does (local only)"
    if any(network.prefixlen == 0 for network in settings.metrics_networks):
        yield "METRICS_NETWORKS names every address: anybody may read /metrics"
    if "*" in settings.cors_origins:
        yield "CORS_ORIGINS is *: pages of any site may call the API"
    telegram = urlsplit(settings.telegram_api_url)
    if telegram.scheme != "https" and telegram.hostname not in LOCAL_HOSTS:
        yield "TELEGRAM_API_URL is no https address: the bot's token travels in the open"
    if settings.is_production and not settings.sms_gateway_url:
        yield "SMS_GATEWAY_URL is not set: signing in by SMS is off"
    if settings.is_production and not settings.smtp_url:
        yield "SMTP_URL is not set: signing in by e-mail is off"
