"""Signing in and out by each method, in a browser: what the address, the cookie and the browser's history keep."""

import base64
import hashlib
import hmac
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from api.console.kit.access import SESSION_COOKIE
from api.http.services import services_of

BOT_TOKEN = "42:TEST"
TELEGRAM = "https://oauth.telegram.org/"


def signed(bot_token: str = BOT_TOKEN, **fields: object) -> str:
    """The value that Telegram puts after ``#tgAuthResult=`` (core.telegram.org/widgets/login-legacy)."""
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hashlib.sha256(bot_token.encode()).digest()
    proof = fields | {"hash": hmac.digest(key, lines.encode(), "sha256").hex()}
    return base64.urlsafe_b64encode(json.dumps(proof).encode()).decode().rstrip("=")


def test_the_widgets_signature_is_the_published_one():
    """The test vector of aiogram's tests, with the token 42:TEST."""
    result = signed(id=42, first_name="Test", auth_date=1650385342)

    proof = json.loads(base64.urlsafe_b64decode(result + "=" * (-len(result) % 4)))
    assert proof["hash"] == "ecf6ff1b8f73ad77e1c1b69efedb1a00857854ab9449ed0a644977da26004030"


def test_only_a_user_signed_by_telegram_can_sign_in_with_it(app, visit, town):
    """Follows the link on our page to Telegram's page, which leads back with the proof in the fragment."""
    object.__setattr__(services_of(app).settings, "telegram_bot_token", BOT_TOKEN)
    page = visit(None, beside=TELEGRAM, refused=(401,))
    now = int(time.time())
    eve = {"id": 6_123_456_789, "first_name": "Ева", "auth_date": now}
    results = {
        "garbled": signed(**eve)[:-5],
        "forged": signed(**eve, bot_token="42:GUESSED"),
        "signed a day ago": signed(**eve | {"auth_date": now - 90_000}),
        "right": signed(**eve),
    }

    def telegram(route) -> None:
        assert "bot_id=42&" in route.request.url
        back = parse_qs(urlsplit(route.request.url).query)["return_to"][0]
        route.fulfill(status=302, headers={"Location": f"{back}#tgAuthResult={results.pop(next(iter(results)))}"})

    page.route(f"{TELEGRAM}**", telegram)
    page.goto("/console/sign-in?next=/console/matches")
    for wrong in ("garbled", "forged", "signed a day ago"):
        page.get_by_role("link", name="Sign in with Telegram").click()
        expect(page.get_by_role("alert"), wrong).to_contain_text("Telegram did not sign this, or too long ago")
        assert SESSION_COOKIE not in {each["name"] for each in page.context.cookies()}

    page.get_by_role("link", name="Sign in with Telegram").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Matches")  # where they were going
    expect(page.locator(".who")).to_contain_text("Ева")  # somebody new, and a realtor
    assert "tgAuth" not in page.url and results == {}
    page.get_by_role("link", name="Leads", exact=True).click()
    expect(page.get_by_text("No leads here yet")).to_be_visible()


def test_an_sms_code_signs_in_and_signing_out_leaves_nothing_behind(app, visit, town):
    """On a local system the page shows the code. After signing out, the back button shows no page of the user."""
    object.__setattr__(services_of(app).settings, "environment", "local")
    page = visit(None, refused=(400, 401))
    page.goto("/console/matches")
    page.get_by_role("link", name="Code by SMS").click()
    page.get_by_label("Phone").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Phone").fill(town.buyer.phone)
    page.keyboard.press("Enter")
    code = re.search(r"\d{6}", page.locator(".note.small").inner_text())[0]
    page.get_by_label("Code", exact=True).fill("000000" if code != "000000" else "1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Matches")  # where they were going

    other = page.context.new_page()
    other.goto("/console/leads")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    other.get_by_text("Пётр").click()  # the other tab is signed out too
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
