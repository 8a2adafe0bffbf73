"""Notifications in Telegram: a card with a photo and buttons for users of the bot, else text."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.bot_tables import BotChat
from models.accounts.notifications import NotificationType, Outgoing
from models.core.enums import Side
from models.deals.inquiries import Inquiry
from models.deals.notification_names import names_of
from models.market.leads import Lead
from models.market.properties import Property
from models.market.shown_addresses import shown_address
from models.translations.bot_cards import (
    button,
    caption,
    card,
    inquiry_buttons,
    known_language,
    open_button,
    pair_buttons,
    photo_of,
)
from models.translations.catalogue import translate
from models.translations.notifications import describe_notification

#: Kinds that are shown with the home that they are about.
_OF_HOMES = (
    NotificationType.NEW_RECOMMENDATION,
    NotificationType.NEW_LIKE,
    NotificationType.NEW_MATCH,
    NotificationType.CONTACT_SHARED,
    NotificationType.NEW_OFFER,
    NotificationType.NEW_INQUIRY,
)


#: A method of the Bot API and its arguments.
TelegramCall = tuple[str, dict[str, Any]]


def plain_message(outgoing: Outgoing, link: str, names: Mapping[str, str] | None = None) -> TelegramCall:
    """
    A notification as text, for users who have not started the bot; *names* as in :func:`describe_notification`.
    """
    heading = describe_notification(known_language(outgoing.language), outgoing, names)
    return card(outgoing.address, "\n".join([*heading, link]), [])


def telegram_message(session: Session, outgoing: Outgoing, link: str, public_url: str) -> TelegramCall:
    """The call that shows a notification, with a photo and buttons.

    Args:
        link: The page that it is about.
    """
    language = known_language(outgoing.language)
    chat = session.scalar(select(BotChat.user_id).where(BotChat.telegram_id == outgoing.address))
    names = names_of(session, [outgoing])[outgoing.id]
    if chat != outgoing.user_id:
        return plain_message(outgoing, link, names)
    heading = describe_notification(language, outgoing, names)
    shown = _home_of(session, outgoing) if outgoing.type in _OF_HOMES else None
    opening = open_button(language, link)
    keyboard = [_buttons(session, outgoing, language), opening]
    words = "\n".join(heading)
    if shown is not None:
        words = caption(language, shown, ", ".join(shown_address(shown, language=language)), heading)
    if not opening:
        words += f"\n{link}"
    return card(outgoing.address, words, keyboard, None if shown is None else photo_of(shown, public_url))


def _home_of(session: Session, outgoing: Outgoing) -> Property | None:
    property_id = outgoing.data.get("property_id") or outgoing.data.get("listing_id")
    if property_id is None and "inquiry_id" in outgoing.data:
        property_id = session.scalar(select(Inquiry.property_id).where(Inquiry.id == outgoing.data["inquiry_id"]))
    return None if property_id is None else session.get(Property, int(property_id))


def _buttons(session: Session, outgoing: Outgoing, language: str) -> list[dict[str, str]]:
    data = outgoing.data
    match outgoing.type:
        case NotificationType.NEW_RECOMMENDATION:
            return pair_buttons(language, Side.LEAD, data["lead_id"], data["property_id"])
        case NotificationType.NEW_LIKE:
            owner_id = session.scalar(select(Lead.owner_id).where(Lead.id == int(data["lead_id"])))
            side = Side.LEAD if owner_id == outgoing.user_id else Side.PROPERTY
            return pair_buttons(language, side, data["lead_id"], data["property_id"])
        case NotificationType.NEW_INQUIRY:
            return inquiry_buttons(language, data["inquiry_id"])
        case NotificationType.NEW_MESSAGE:
            return [button(translate(language, "bot.button.reply"), "chat", str(data["chat_id"]), "reply")]
        case _:
            return []
