"""
The bot's handling of an update from Telegram: one transaction for each, which also queues the answers.

Only private chats are handled, because their id is that of the Telegram account, for which Telegram vouches.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from api.bot import drafts
from api.bot.dialog import Bot, Dialog
from models.accounts.bot_links import link_by_code, linked_user, unlink, user_of_code
from models.accounts.users import User
from models.core.enums import SUPPLY_ROLES, ActionKind, FeedActionKind, InquiryStatus, MatchStatus, Role, Side
from models.core.errors import DomainError, InvalidValueError, NotFoundError
from models.deals.chats import notify_absent, open_chat, post_message
from models.deals.feed import act_in_feed, next_listing
from models.deals.inquiries import Inquiry, move_inquiry
from models.deals.matches import act
from models.market.listings import listing_on_market
from models.market.shown_addresses import shown_address
from models.translations.bot_cards import PressedButton, button, caption, known_language, open_button, photo_of

MAX_MESSAGE = 4000  # characters of a reply


def handle(session: Session, bot: Bot, update: Mapping[str, Any]) -> None:
    """Handle an update in the caller's transaction."""
    pressed = update.get("callback_query")
    message = (pressed or {}).get("message") if pressed else update.get("message")
    sender = (pressed or message or {}).get("from") or {}
    if not message or message.get("chat", {}).get("type") != "private" or sender.get("is_bot"):
        return
    chat_id = str(sender["id"])
    user = linked_user(session, chat_id)
    language = known_language(user.language if user else None, sender.get("language_code"))
    dialog = Dialog(session, bot, chat_id, language, user)
    if pressed:
        _answer_press(dialog, pressed, message)
    else:
        _answer_message(dialog, message)


# -- What is written


def _answer_message(dialog: Dialog, message: Mapping[str, Any]) -> None:
    words = (message.get("text") or message.get("caption") or "").replace("\x00", "").strip()
    command, _, rest = words.partition(" ")
    command = command.partition("@")[0]
    if command == "/start" and rest.strip():
        _offer_link(dialog, rest.strip())
    elif dialog.user is None:
        dialog.send(dialog.word("bot.who_are_you", address=f"{dialog.bot.public_url}/console/account"))
    elif command in ("/start", "/help"):
        dialog.send(_greeting(dialog, dialog.user))
    elif command == "/stop":
        unlink(dialog.session, dialog.user)
        dialog.send(dialog.word("bot.stopped"))
    elif command == "/feed":
        _show_next(dialog, dialog.user)
    elif (question := _replied_to(message)) is not None:
        _reply(dialog, dialog.user, question, words)
    elif dialog.user.role in SUPPLY_ROLES and words and not words.startswith("/"):
        drafts.propose(dialog, dialog.user, words)
    else:
        dialog.send(_greeting(dialog, dialog.user))


def _offer_link(dialog: Dialog, code: str) -> None:
    """
    Show which account a code would link, without linking it yet: somebody else's link can be opened with a single tap,
    and would then connect the reader's Telegram to that person's account.
    """
    try:
        user = user_of_code(dialog.session, code)
    except DomainError as error:
        dialog.send(dialog.describe_error(error))
        return
    account = ", ".join(filter(None, (user.name, user.email or user.phone)))
    dialog.send(
        dialog.word("bot.whose_link", account=account), [[button(dialog.word("bot.button.connect"), "link", code)]]
    )


def _greeting(dialog: Dialog, user: User) -> str:
    if user.role in SUPPLY_ROLES:
        return dialog.word("bot.help_of_realtor")
    return dialog.word("bot.help_of_tenant") if user.role is Role.TENANT else dialog.word("bot.help")


def _replied_to(message: Mapping[str, Any]) -> PressedButton | None:
    """The subject of a reply, taken from the buttons of the message that it answers."""
    rows = (message.get("reply_to_message") or {}).get("reply_markup", {}).get("inline_keyboard", [])
    for each in (pressable for row in rows for pressable in row):
        pressed = PressedButton.of_data(each.get("callback_data") or "")
        if pressed.subject in ("inquiry", "chat"):
            return pressed
    return None


def _reply(dialog: Dialog, user: User, question: PressedButton, words: str) -> None:
    """Handle a reply to a person who asked about a home or wrote in a chat: it is posted in that chat."""
    try:
        if not words or len(words) > MAX_MESSAGE:
            raise InvalidValueError("text", "text.too_long", max=MAX_MESSAGE)
        with dialog.session.begin_nested():
            chat_id = question.number(0)
            if question.subject == "inquiry":
                inquiry = _inquiry_of(dialog, user, chat_id)
                participant = {"buyer_id": inquiry.tenant_id, "seller_id": user.id, "property_id": inquiry.property_id}
                chat_id = open_chat(dialog.session, user, **participant)[0].id
            chat, stored = post_message(dialog.session, user, chat_id, words)
            notify_absent(dialog.session, chat, stored)
            dialog.session.info.setdefault("messages", []).append((chat.id, chat.buyer_id, chat.seller_id))
    except DomainError as error:
        dialog.send(dialog.describe_error(error))
    else:
        dialog.send(dialog.word("bot.reply_sent"))


# -- What is pressed


def _answer_press(dialog: Dialog, query: Mapping[str, Any], message: Mapping[str, Any]) -> None:
    pressed = PressedButton.of_data(query.get("data") or "")
    answers = {"pair": _press_pair, "feed": _press_feed, "inquiry": _press_inquiry, "draft": drafts.decide}
    if pressed.subject == "link":
        _press_link(dialog, query, message, pressed)
        return
    try:
        if dialog.user is None:
            raise NotFoundError("bot_account")
        with dialog.session.begin_nested():
            if pressed.subject == "chat":
                answer, done = dialog.word("bot.reply_to_this"), False
            elif pressed.subject in answers:
                answer, done = answers[pressed.subject](dialog, dialog.user, pressed)
            else:
                raise NotFoundError("bot_button")
    except DomainError as error:
        answer, done = dialog.describe_error(error), False
    dialog.call("answerCallbackQuery", callback_query_id=query["id"], text=answer[:200])
    if done:
        _mark_done(dialog, message, answer)
        if pressed.subject == "feed" and dialog.user is not None:
            _show_next(dialog, dialog.user)


def _press_link(dialog: Dialog, query: Mapping[str, Any], message: Mapping[str, Any], pressed: PressedButton) -> None:
    try:
        with dialog.session.begin_nested():
            dialog.user = link_by_code(dialog.session, pressed.values[0] if pressed.values else "", dialog.chat_id)
    except DomainError as error:
        dialog.call("answerCallbackQuery", callback_query_id=query["id"], text=dialog.describe_error(error)[:200])
        return
    dialog.language = known_language(dialog.user.language, dialog.language)
    answer = dialog.word("bot.linked")
    dialog.call("answerCallbackQuery", callback_query_id=query["id"], text=answer)
    _mark_done(dialog, message, answer)
    dialog.send(_greeting(dialog, dialog.user))


def _mark_done(dialog: Dialog, message: Mapping[str, Any], answer: str) -> None:
    """Replace the pressed buttons with the result; links are kept."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    links = [row for row in rows if any("url" in each for each in row)]
    keyboard = [[button(answer[:60], "done")], *links]
    dialog.call(
        "editMessageReplyMarkup",
        chat_id=dialog.chat_id,
        message_id=message["message_id"],
        reply_markup={"inline_keyboard": keyboard},
    )


def _press_pair(dialog: Dialog, user: User, pressed: PressedButton) -> tuple[str, bool]:
    side, _, _, kind = (*pressed.values, "", "", "", "")[:4]
    if side not in list(Side) or kind not in list(ActionKind):
        raise NotFoundError("bot_button")
    match = act(
        dialog.session,
        user,
        Side(side),
        lead_id=pressed.number(1),
        property_id=pressed.number(2),
        kind=ActionKind(kind),
    )
    if kind == ActionKind.DISLIKE:
        return dialog.word("bot.disliked"), True
    is_mutual = match is not None and match.status is MatchStatus.ACCEPTED
    return dialog.word("bot.matched") if is_mutual else dialog.word("bot.liked"), True


def _press_feed(dialog: Dialog, user: User, pressed: PressedButton) -> tuple[str, bool]:
    kind = pressed.values[1] if len(pressed.values) > 1 else ""
    if kind not in list(FeedActionKind):
        raise NotFoundError("bot_button")
    listing = listing_on_market(dialog.session, pressed.number(0))
    act_in_feed(dialog.session, user, listing, FeedActionKind(kind), "telegram")
    answers = {
        FeedActionKind.LIKE: dialog.word("bot.asked"),
        FeedActionKind.DISLIKE: dialog.word("bot.disliked"),
        FeedActionKind.FAVORITE: dialog.word("bot.kept"),
    }
    return answers[FeedActionKind(kind)], True


def _press_inquiry(dialog: Dialog, user: User, pressed: PressedButton) -> tuple[str, bool]:
    kind = pressed.values[1] if len(pressed.values) > 1 else ""
    if kind == "reply":
        _inquiry_of(dialog, user, pressed.number(0))
        return dialog.word("bot.reply_to_this"), False
    if kind not in list(InquiryStatus):
        raise NotFoundError("bot_button")
    move_inquiry(dialog.session, user, pressed.number(0), InquiryStatus(kind))
    # The buttons are kept, because replies refer to this message, and an inquiry in progress can be closed later.
    return dialog.word("bot.inquiry_moved"), False


def _inquiry_of(dialog: Dialog, user: User, inquiry_id: int) -> Inquiry:
    inquiry = dialog.session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.owner_id != user.id:
        raise NotFoundError("inquiry")
    return inquiry


def _show_next(dialog: Dialog, user: User) -> None:
    """The next home of the feed as a card."""
    upcoming = next_listing(dialog.session, user)
    listing = upcoming.listing
    if listing is None:
        dialog.send(dialog.word("bot.feed_is_empty"))
        return
    stem = ("feed", str(listing.id))
    choice = [
        button(dialog.word("bot.button.like"), *stem, FeedActionKind.LIKE),
        button(dialog.word("bot.button.dislike"), *stem, FeedActionKind.DISLIKE),
        button(dialog.word("bot.button.keep"), *stem, FeedActionKind.FAVORITE),
    ]
    opening = open_button(dialog.language, f"{dialog.bot.public_url}/console/feed")
    address = ", ".join(shown_address(listing, language=dialog.language))
    words = caption(dialog.language, listing, address)
    dialog.send(words, [choice, opening], photo_of(listing, dialog.bot.public_url))
