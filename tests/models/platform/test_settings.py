"""Settings: a bad value stops the start with one line that names the variable."""

import secrets

import pytest

from api.server.risky_settings import risky_settings
from models.core.errors import SettingsError
from models.platform.settings import Settings
from models.platform.storage import Storage
from models.platform.weak_secrets import is_weak

GOOD = {"DATABASE_URL": "postgresql://localhost/leadmatch", "REDIS_URL": "redis://localhost", "SECRET_KEY": "local"}
STRONG = "kR3v-0qXz_9bTn2mWc7LfYh5sPdGa8JeU4iO1"


def test_only_the_servers_and_the_secret_must_be_named():
    settings = Settings.from_env(GOOD)

    assert (settings.environment, settings.port, settings.log_level) == ("local", 8000, "INFO")


def test_an_empty_variable_counts_as_unset():
    """As when a compose file passes a variable that the machine does not have."""
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
        ("MAP_TILES_URL", "http://tiles.example/{z}/{x}/{y}.png"),
        ("MAP_TILES_URL", "https://tiles.example; script-src */{z}/{x}/{y}.png"),
        ("MAP_TILES_URL", "https://tiles.example/{z}/{x}.png"),
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


def test_an_unsupported_storage_url_is_refused_with_the_name_of_its_variable():
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

    weak = {
        "SECRET_KEY": ("short", ""),
        "SMS_GATEWAY_URL": ("console://",),  # without one, signing in by SMS is off
        "TELEGRAM_BOT_SECRET": ("short", ""),
    }
    for value in weak[name]:
        with pytest.raises(SettingsError, match=name):
            Settings.from_env(production | {name: value})


@pytest.mark.parametrize("name", ["SECRET_KEY", "TELEGRAM_BOT_SECRET", "METRICS_TOKEN"])
@pytest.mark.parametrize(
    "secret",
    [
        "0123456789abcdefghijklmnopqrstuvwxyz",
        "a" * 48,
        "abc" * 16,
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "correct-horse-battery" * 2,
        "00112233445566778899aabbccddeeff0011",
        "0123456789" * 4,
        "only-short",
    ],
)
def test_a_repetitive_or_sequential_secret_is_refused_in_production(name, secret):
    production = GOOD | {
        "ENVIRONMENT": "production",
        "SECRET_KEY": STRONG,
        "TELEGRAM_BOT_SECRET": STRONG,
        "METRICS_TOKEN": STRONG,
    }
    Settings.from_env(production)

    with pytest.raises(SettingsError, match=name):
        Settings.from_env(production | {name: secret})


def test_random_secrets_are_accepted():
    for _ in range(300):
        for secret in (secrets.token_urlsafe(32), secrets.token_hex(24), secrets.token_urlsafe(24)):
            assert not is_weak(secret, 32)


@pytest.mark.parametrize(
    ("bind", "is_taken"),
    [
        ("", True),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("localhost", True),
        ("unix:/run/leadmatch.sock", True),
        ("0.0.0.0", False),
        ("::", False),
        ("203.0.113.7", False),
        ("example.com", False),
    ],
)
def test_without_an_environment_only_this_machine_has_access(bind, is_taken):
    Settings.from_env(GOOD | {"BIND": bind, "ENVIRONMENT": "local"})
    if is_taken:
        assert not Settings.from_env(GOOD | {"BIND": bind}).is_environment_set
        return
    with pytest.raises(SettingsError, match="ENVIRONMENT"):
        Settings.from_env(GOOD | {"BIND": bind})


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"ENVIRONMENT": ""}, "ENVIRONMENT"),
        ({"METRICS_NETWORKS": "10.0.0.0/8,0.0.0.0/0"}, "METRICS_NETWORKS"),
        ({"METRICS_NETWORKS": "::/0"}, "METRICS_NETWORKS"),
        ({"CORS_ORIGINS": "https://a.example, *"}, "CORS_ORIGINS"),
        ({"TELEGRAM_API_URL": "http://telegram.example"}, "TELEGRAM_API_URL"),
        ({"ENVIRONMENT": "local"}, "TELEGRAM_BOT_SECRET"),
    ],
)
def test_open_access_is_reported_at_the_start(variables, expected):
    told_of = [sentence for sentence in risky_settings(Settings.from_env(GOOD | variables)) if expected in sentence]
    assert len(told_of) == 1


def test_closed_access_is_not_reported():
    closed = {"ENVIRONMENT": "test", "METRICS_NETWORKS": "10.0.0.0/8", "TELEGRAM_API_URL": "http://127.0.0.1:9"}
    assert list(risky_settings(Settings.from_env(GOOD | closed))) == []
