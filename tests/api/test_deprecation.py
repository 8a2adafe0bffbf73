"""Deprecated addresses announce their end and their replacement."""

import pytest
from flask import Flask

from api.http.deprecation import day, deprecated


@pytest.fixture
def old():
    """A client of an application with one deprecated address, which fails on request."""
    app = Flask(__name__)

    @app.get("/old/<how>")
    @deprecated(day(2027, 1, 1), instead="/new", until=day(2027, 9, 1))
    def view(how):
        return ("", 410) if how == "gone" else "fine"

    return app.test_client()


@pytest.mark.parametrize("how", ["fine", "gone"])
def test_a_deprecated_address_states_its_dates_and_its_replacement(old, how):
    headers = old.get(f"/old/{how}").headers

    assert headers["Deprecation"] == "@1798761600"  # RFC 9745: seconds since 1970
    assert headers["Sunset"] == "Wed, 01 Sep 2027 00:00:00 GMT"
    assert '</new>; rel="successor-version"' in headers["Link"] and 'rel="deprecation"' in headers["Link"]


def test_nothing_goes_within_six_months():
    with pytest.raises(ValueError, match="less than six months"):
        deprecated(day(2027, 1, 1), until=day(2027, 3, 1))


def test_the_former_address_of_notifications_is_deprecated(client):
    headers = client.get("/console/notices").headers

    assert headers["Deprecation"].startswith("@") and "/console/notifications" in headers["Link"]
    assert "Deprecation" not in client.get("/console/sign-in").headers
