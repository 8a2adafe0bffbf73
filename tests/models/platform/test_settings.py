"""Settings: a bad value stops the start with one line that names the variable."""

import pytest

from models.core.errors import SettingsError
from models.platform.settings import Settings
from models.platform.storage import Storage

GOOD = {"DATABASE_URL": "postgresql://localhost/leadmatch", "REDIS_URL": "redis://localhost", "SECRET_KEY": "local"}
STRONG = "0123456789-abcdefghijklmnopqrstuvwxyz"


def test_only_the_servers_and_the_secret_must_be_named():
    settings = Settings.from_env(GOOD)

    assert (settings.environment, settings.port, settings.log_level) == ("local", 8000, "INFO")


def test_what_is_set_to_nothing_is_not_set():
    """As where a compose file hands on a variable that the machine does not have."""
    names = (
        "TELEGRAM_API_URL",
        "SMS_GATEWAY_URL",
        "MEDIA_URL",
        "LOG_LEVEL",
        "PORT",
        "METRICS_NETWORKS",
        "LEADMATCH_HOME",
    )

    assert Settings.from_env(GOOD | dict.fromkeys(names, "")) == Settings.from_env(GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://localhost/leadmatch"),
        ("ENVIRONMENT", "prod"),
        ("LOG_LEVEL", "LOUD"),
        ("METRICS_NETWORKS", "10.0.0.0/99"),
        ("PORT", "eighty"),
        ("RATES_URL", "www.cbr.ru"),
        ("RATES_URL", "https://www.cbr.ru/daily file:///etc/passwd"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "http://localhost"),
        ("SECRET_KEY", ""),
        ("WEB_THREADS", "0"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_env(GOOD | {name: value})


def test_a_store_that_nothing_here_speaks_with_is_refused_by_the_name_of_its_variable():
    with pytest.raises(SettingsError, match="MEDIA_URL.*nope"):
        Storage("nope://bucket")


@pytest.mark.parametrize("name", ["SECRET_KEY", "SMS_GATEWAY_URL", "TELEGRAM_BOT_SECRET"])
def test_production_does_without_nothing_that_keeps_strangers_out(name):
    production = GOOD | {
        "ENVIRONMENT": "production",
        "SECRET_KEY": STRONG,
        "SMS_GATEWAY_URL": "smsc://login:password@smsc.kz",
        "TELEGRAM_BOT_SECRET": STRONG,
    }
    Settings.from_env(production)

    weak = {"SECRET_KEY": "short", "SMS_GATEWAY_URL": "console://", "TELEGRAM_BOT_SECRET": "short"}
    for value in (weak[name], ""):
        with pytest.raises(SettingsError, match=name):
            Settings.from_env(production | {name: value})
