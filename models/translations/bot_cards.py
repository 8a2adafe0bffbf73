"""Cards of homes in the Telegram bot, and their buttons: words, and the data that a pressed button sends back.

The worker sends cards for notifications, the bot answers with them; both write and read buttons here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.core.amounts import print_number
from models.translations.catalogue import LANGUAGES, translate
from models.translations.notifications import DEFAULT_LANGUAGE

#: Telegram's bound of a photo's caption.
MAX_CAPTION = 1024  # characters

Keyboard = list[list[dict[str, str]]]


@dataclass(frozen=True)
class PressedButton:
    """The data of a pressed button: its subject, and the choice.

    >>> PressedButton.of_data("pair:LEAD:3:17:LIKE")
    PressedButton(subject='pair', values=('LEAD', '3', '17', 'LIKE'))
    >>> PressedButton.of_data("pair:LEAD:3:17:LIKE").data
    'pair:LEAD:3:17:LIKE'
    """

    subject: str
    values: tuple[str, ...]

    @classmethod
    def of_data(cls, data: str) -> "PressedButton":
        subject, *values = data.split(":")
        return cls(subject, tuple(values))

    @property
    def data(self) -> str:
        return ":".join((self.subject, *self.values))

    def number(self, index: int) -> int:
        """The id at *index*; 0, which nothing has, where there is none."""
        text = self.values[index] if index < len(self.values) else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def known_language(*codes: str | None) -> str:
    """The first of the codes in which there are sentences."""
    return next((code for code in codes if code in LANGUAGES), DEFAULT_LANGUAGE)


def pair_buttons(language: str, side: str, lead_id: object, property_id: object) -> list[dict[str, str]]:
    """Like and not this, of the owner of the pair's *side*."""
    stem = ("pair", side, str(lead_id), str(property_id))
    return [
        button(translate(language, "bot.button.like"), *stem, "LIKE"),
        button(translate(language, "bot.button.dislike"), *stem, "DISLIKE"),
    ]


def inquiry_buttons(language: str, inquiry_id: object) -> list[dict[str, str]]:
    """Answer, take up, close."""
    stem = ("inquiry", str(inquiry_id))
    return [
        button(translate(language, "bot.button.reply"), *stem, "reply"),
        button(translate(language, "bot.button.take_up"), *stem, "in_progress"),
        button(translate(language, "bot.button.close"), *stem, "closed"),
    ]


def button(words: str, *data: str) -> dict[str, str]:
    return {"text": words, "callback_data": ":".join(data)}


def open_button(language: str, address: str) -> list[dict[str, str]]:
    """A link into the console; none where Telegram would refuse the address."""
    if not address.startswith("https://"):
        return []
    return [{"text": translate(language, "bot.button.open"), "url": address}]


def caption(language: str, listing: Any, address: str, heading: Sequence[str] = ()) -> str:
    """
    A home in a few lines.

    Args:
        listing: A property.
        address: Where it is, as the reader may know it.
        heading: Lines before it.
    """
    area = f"{listing.area:g}\u00a0{translate(language, 'bot.square_metres')}" if listing.area is not None else ""
    floors = f"{listing.floor}/{listing.total_floors}" if listing.floor and listing.total_floors else ""
    figures = " · ".join(part for part in (area, floors) if part)
    price = f"{print_number(listing.price)} {listing.currency}" if listing.price is not None else ""
    if price and listing.deal_type == "RENT":
        price = translate(language, "bot.price.month", {"price": price})
    lines = [*heading, listing.title or "", price, figures, address]
    return "\n".join(line for line in lines if line)[:MAX_CAPTION]


def photo_of(listing: Any, public_url: str) -> str | None:
    """The address of a home's first photo, if Telegram can fetch one."""
    for link in listing.photos or ():
        address = f"{public_url}{link}" if link.startswith("/") else link
        if address.startswith("https://"):
            return address
    return None


def card(chat_id: str, words: str, keyboard: Keyboard, photo: str | None = None) -> tuple[str, dict[str, Any]]:
    """The method of the Bot API and its arguments that show a card."""
    arguments: dict[str, Any] = {"chat_id": chat_id}
    rows = [row for row in keyboard if row]
    if rows:
        arguments["reply_markup"] = {"inline_keyboard": rows}
    if photo is None:
        return "sendMessage", arguments | {"text": words}
    return "sendPhoto", arguments | {"photo": photo, "caption": words[:MAX_CAPTION]}
