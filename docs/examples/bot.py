"""
A Telegram bot's client of the API, with httpx: it signs its users in by its secret, and swipes for them. A Mini App
needs no sign-in: what Telegram gave it (initData) goes along with every request.

    TELEGRAM_BOT_SECRET=... python bot.py http://127.0.0.1:8000
    INIT_DATA=... python bot.py http://127.0.0.1:8000        # acts as the Mini App's user as well
"""

import os
import sys
from typing import Any

import httpx

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"


class Bot:
    """The API as the bot's server calls it, for whichever user writes to the bot."""

    def __init__(self, url: str, secret: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)
        self._secret = {"X-Telegram-Bot-Secret": secret} if secret else {}
        self._tokens: dict[int, str] = {}

    def sign_in(self, telegram_id: int, phone: str, name: str, role: str) -> None:
        """Telegram's word for who writes is enough: the account is found by it, else by the phone, else made."""
        body = {"telegram_id": str(telegram_id), "phone": phone, "name": name, "role": role}
        answer = self._http.post("/auth/telegram/login-or-register", json=body, headers=self._secret)
        self._tokens[telegram_id] = answer.raise_for_status().json()["access_token"]

    def call(self, telegram_id: int, method: str, path: str, **more: Any) -> Any:
        """One request as that user; 401 means: sign in again."""
        headers = {"Authorization": f"Bearer {self._tokens[telegram_id]}"}
        return self._http.request(method, path, headers=headers, **more).raise_for_status().json()


def mini_app(url: str, init_data: str) -> Any:
    """Who the Mini App's user is; the first request makes the account."""
    with httpx.Client(base_url=url, headers={"Authorization": f"tma {init_data}"}, timeout=30) as client:
        return client.get("/auth/me").raise_for_status().json()


bot = Bot(URL, os.environ.get("TELEGRAM_BOT_SECRET", ""))
landlord, tenant = 700_000_001, 700_000_002
bot.sign_in(landlord, "+77012223341", "Дана", "landlord")
bot.sign_in(tenant, "+77012223342", "Тимур", "tenant")

flat = {"city": "Экибастуз", "deal_type": "rent", "property_type": "flat"}
listing = bot.call(landlord, "POST", "/listings", json={"title": "Студия у реки", "price": 120_000, **flat})
bot.call(tenant, "POST", "/preferences", json={"price_min": 50_000, "price_max": 150_000, **flat})

# The card that the bot shows, with its buttons; each press is an action.
while (card := bot.call(tenant, "GET", "/feed/next")) is not None:
    action = "like" if card["id"] == listing["id"] else "dislike"
    bot.call(tenant, "POST", "/feed/action", json={"listing_id": card["id"], "action": action, "source": "telegram"})
    print(action, card["title"])
bot.call(tenant, "POST", "/favorites/", json={"listing_id": listing["id"]})
bot.call(tenant, "POST", "/leads/", json={"listing_id": listing["id"]})
if init_data := os.environ.get("INIT_DATA"):
    print("mini app of", mini_app(URL, init_data)["name"])
print("asked about", bot.call(landlord, "GET", "/leads/for-me")[0]["listing_id"])
