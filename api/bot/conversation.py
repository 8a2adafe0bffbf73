"""
What the bot does about an update of Telegram's: one transaction each, which also queues what is answered.

Only private chats are listened to: their id is that of the Telegram account, which Telegram vouches for.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from api.bot import drafts
from api.bot.talk import Bot, Talk
from models.accounts.bot_links import link_by_code, linked_user, unlink
from models.accounts.users import User
from models.core.enums import SUPPLY_ROLES, ActionKind, FeedActionKind, InquiryStatus, MatchStatus, Role, Side
from models.core.errors import DomainError, InvalidValueError, NotFoundError
from models.deals.chats import notify_absent, open_chat, post_message
from models.deals.feed import act_in_feed, next_listing
from models.deals.inquiries import Inquiry, move_inquiry
from models.deals.matches import act
from models.market.listings import listing_on_market
from models.market.shown_addresses import shown_address
from models.translations.bot_cards import Pressed, button, caption, known_language, open_button, photo_of

MAX_MESSAGE = 4000  # characters of a reply


def handle(session: Session, bot: Bot, update: Mapping[str, Any]) -> None:
    """Do what an update asks for, in the caller's transaction."""
    pressed = update.get("callback_query")
    message = (pressed or {}).get("message") if pressed else update.get("message")
    sender = (pressed or message or {}).get("from") or {}
    if not message or message.get("chat", {}).get("type") != "private" or sender.get("is_bot"):
        return
    chat_id = str(sender["id"])
    user = linked_user(session, chat_id)
    language = known_language(user.language if user else None, sender.get("language_code"))
    talk = Talk(session, bot, chat_id, language, user)
    if pressed:
        _answer_press(talk, pressed, message)
    else:
        _answer_message(talk, message)


# -- What is written


def _answer_message(talk: Talk, message: Mapping[str, Any]) -> None:
    words = (message.get("text") or message.get("caption") or "").replace("\x00", "").strip()
    command, _, rest = words.partition(" ")
    command = command.partition("@")[0]
    if command == "/start" and rest.strip():
        _link(talk, rest.strip())
    elif talk.user is None:
        talk.send(talk.word("bot.who_are_you", address=f"{talk.bot.public_url}/console/account"))
    elif command in ("/start", "/help"):
        talk.send(_greeting(talk, talk.user))
    elif command == "/stop":
        unlink(talk.session, talk.user)
        talk.send(talk.word("bot.stopped"))
    elif command == "/feed":
        _show_next(talk, talk.user)
    elif (asked := _replied_to(message)) is not None:
        _reply(talk, talk.user, asked, words)
    elif talk.user.role in SUPPLY_ROLES and words and not words.startswith("/"):
        drafts.propose(talk, talk.user, words)
    else:
        talk.send(_greeting(talk, talk.user))


def _link(talk: Talk, code: str) -> None:
    try:
        with talk.session.begin_nested():
            user = link_by_code(talk.session, code, talk.chat_id)
    except DomainError as error:
        talk.send(talk.told(error))
        return
    talk.user, talk.language = user, known_language(user.language, talk.language)
    talk.send(f"{talk.word('bot.linked')}\n{_greeting(talk, user)}")


def _greeting(talk: Talk, user: User) -> str:
    if user.role in SUPPLY_ROLES:
        return talk.word("bot.help_of_realtor")
    return talk.word("bot.help_of_tenant") if user.role is Role.TENANT else talk.word("bot.help")


def _replied_to(message: Mapping[str, Any]) -> Pressed | None:
    """What a reply is about: the message that it answers carries buttons that say so."""
    rows = (message.get("reply_to_message") or {}).get("reply_markup", {}).get("inline_keyboard", [])
    for each in (pressable for row in rows for pressable in row):
        pressed = Pressed.of_data(each.get("callback_data") or "")
        if pressed.what in ("inquiry", "chat"):
            return pressed
    return None


def _reply(talk: Talk, user: User, asked: Pressed, words: str) -> None:
    """Words for who asked about a home, or wrote in a chat: they go into that chat."""
    try:
        if not words or len(words) > MAX_MESSAGE:
            raise InvalidValueError("text", "text.too_long", max=MAX_MESSAGE)
        with talk.session.begin_nested():
            chat_id = asked.number(0)
            if asked.what == "inquiry":
                inquiry = _inquiry_of(talk, user, chat_id)
                who = {"buyer_id": inquiry.tenant_id, "seller_id": user.id, "property_id": inquiry.property_id}
                chat_id = open_chat(talk.session, user, **who)[0].id
            chat, stored = post_message(talk.session, user, chat_id, words)
            notify_absent(talk.session, chat, stored)
            talk.session.info.setdefault("messages", []).append((chat.id, chat.buyer_id, chat.seller_id))
    except DomainError as error:
        talk.send(talk.told(error))
    else:
        talk.send(talk.word("bot.reply_sent"))


# -- What is pressed


def _answer_press(talk: Talk, query: Mapping[str, Any], message: Mapping[str, Any]) -> None:
    pressed = Pressed.of_data(query.get("data") or "")
    answers = {"pair": _press_pair, "feed": _press_feed, "inquiry": _press_inquiry, "draft": drafts.decide}
    try:
        if talk.user is None:
            raise NotFoundError("bot_account")
        with talk.session.begin_nested():
            if pressed.what == "chat":
                told, done = talk.word("bot.reply_to_this"), False
            elif pressed.what in answers:
                told, done = answers[pressed.what](talk, talk.user, pressed)
            else:
                raise NotFoundError("bot_button")
    except DomainError as error:
        told, done = talk.told(error), False
    talk.call("answerCallbackQuery", callback_query_id=query["id"], text=told[:200])
    if done:
        _mark_done(talk, message, told)
        if pressed.what == "feed" and talk.user is not None:
            _show_next(talk, talk.user)


def _mark_done(talk: Talk, message: Mapping[str, Any], told: str) -> None:
    """Instead of the buttons that were pressed, what came of it; links stay."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    links = [row for row in rows if any("url" in each for each in row)]
    keyboard = [[button(told[:60], "done")], *links]
    talk.call(
        "editMessageReplyMarkup",
        chat_id=talk.chat_id,
        message_id=message["message_id"],
        reply_markup={"inline_keyboard": keyboard},
    )


def _press_pair(talk: Talk, user: User, pressed: Pressed) -> tuple[str, bool]:
    side, _, _, kind = (*pressed.values, "", "", "", "")[:4]
    if side not in list(Side) or kind not in list(ActionKind):
        raise NotFoundError("bot_button")
    match = act(
        talk.session,
        user,
        Side(side),
        lead_id=pressed.number(1),
        property_id=pressed.number(2),
        kind=ActionKind(kind),
    )
    if kind == ActionKind.DISLIKE:
        return talk.word("bot.put_aside"), True
    is_mutual = match is not None and match.status is MatchStatus.ACCEPTED
    return talk.word("bot.matched") if is_mutual else talk.word("bot.liked"), True


def _press_feed(talk: Talk, user: User, pressed: Pressed) -> tuple[str, bool]:
    kind = pressed.values[1] if len(pressed.values) > 1 else ""
    if kind not in list(FeedActionKind):
        raise NotFoundError("bot_button")
    listing = listing_on_market(talk.session, pressed.number(0))
    act_in_feed(talk.session, user, listing, FeedActionKind(kind), "telegram")
    told = {
        FeedActionKind.LIKE: talk.word("bot.asked"),
        FeedActionKind.DISLIKE: talk.word("bot.put_aside"),
        FeedActionKind.FAVORITE: talk.word("bot.kept"),
    }
    return told[FeedActionKind(kind)], True


def _press_inquiry(talk: Talk, user: User, pressed: Pressed) -> tuple[str, bool]:
    kind = pressed.values[1] if len(pressed.values) > 1 else ""
    if kind == "reply":
        _inquiry_of(talk, user, pressed.number(0))
        return talk.word("bot.reply_to_this"), False
    if kind not in list(InquiryStatus):
        raise NotFoundError("bot_button")
    move_inquiry(talk.session, user, pressed.number(0), InquiryStatus(kind))
    # The buttons stay: a reply is written to this message, and an inquiry that is taken up is closed one day.
    return talk.word("bot.inquiry_moved"), False


def _inquiry_of(talk: Talk, user: User, inquiry_id: int) -> Inquiry:
    inquiry = talk.session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.owner_id != user.id:
        raise NotFoundError("inquiry")
    return inquiry


def _show_next(talk: Talk, user: User) -> None:
    """The next home of the feed as a card."""
    coming = next_listing(talk.session, user)
    listing = coming.listing
    if listing is None:
        talk.send(talk.word("bot.feed_is_empty"))
        return
    stem = ("feed", str(listing.id))
    choice = [
        button(talk.word("bot.button.like"), *stem, FeedActionKind.LIKE),
        button(talk.word("bot.button.dislike"), *stem, FeedActionKind.DISLIKE),
        button(talk.word("bot.button.keep"), *stem, FeedActionKind.FAVORITE),
    ]
    opening = open_button(talk.language, f"{talk.bot.public_url}/console/feed")
    talk.send(
        caption(listing, ", ".join(shown_address(listing))), [choice, opening], photo_of(listing, talk.bot.public_url)
    )
