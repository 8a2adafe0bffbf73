"""The list of sessions names browser and operating system in familiar words."""

import re

import pytest

from api.console.account.devices import device_of
from tests.console.conftest import PASSWORD, enter

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/138.0.0.0 Safari/537.36", "Chrome, Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/138.0 Safari/537.36 Edg/138.0", "Edge, Windows"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/1 YaBrowser/25.6 Safari/537.36",
            "Yandex Browser, Windows",
        ),
        (f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {WEBKIT} Chrome/138.0 Mobile Safari/537.36", "Chrome, Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.5 Safari/605.1.15", "Safari, macOS"),
        (f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {WEBKIT} CriOS/126.0 Safari/604.1", "Chrome, iPad"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        ("okhttp/4.12.0", "okhttp/4.12.0"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_device_is_called_by_its_browser_and_system(agent, expected):
    assert device_of(agent) == expected


def test_the_profile_lists_devices_by_name_and_shows_that_a_password_is_set(client, town):
    agent = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/138.0.0.0 Safari/537.36"
    form = {"username": town.buyer.email, "password": PASSWORD}
    assert client.post("/auth/login", data=form, headers={"User-Agent": agent}).status_code == 200
    enter(client, town.buyer)

    page = client.get("/console/account", headers={"Accept-Language": "en"}).text

    assert f'title="{agent}">Chrome, Windows<' in page
    assert re.search(r"<b>Password</b>\s*is set", page), (
        "nobody can confirm a password, so it is not told to be unproven"
    )
