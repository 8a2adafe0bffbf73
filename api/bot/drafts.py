"""A client's message becomes a lead after its realtor's one word."""

from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from api.bot.talk import Talk
from api.exchange.open_bodies import OpenLeadBody
from api.exchange.pasted_text import PastedLead, lead_of_text
from api.exchange.schemas import lead_columns
from models.accounts.bot_tables import BotDraft
from models.accounts.users import User
from models.agenda.following import Frequency, set_frequency
from models.core.amounts import print_number
from models.core.enums import SUPPLY_ROLES, Origin
from models.core.errors import InvalidValueError, NotAllowedError, NotFoundError
from models.market.leads import Lead, create_lead
from models.translations.bot_cards import Pressed, button
from models.translations.catalogue import translate_word

MAX_WORDS = 4096  # characters of a Telegram message


def propose(talk: Talk, user: User, words: str) -> None:
    """Show what is read in a message, and ask whether it is to be a lead."""
    words = words[:MAX_WORDS]
    pasted = lead_of_text(talk.session, words)
    if _town_of(talk, user, pasted) is None:
        talk.send(talk.word("bot.which_town"))
        return
    draft = BotDraft(user_id=user.id, words=words)
    talk.session.add(draft)
    talk.session.flush()
    choice = [
        button(talk.word("bot.button.make_lead"), "draft", str(draft.id), "make"),
        button(talk.word("bot.button.leave"), "draft", str(draft.id), "leave"),
    ]
    talk.send(_summary(talk, user, pasted), [choice])


def decide(talk: Talk, user: User, pressed: Pressed) -> tuple[str, bool]:
    """Make the lead of a draft, or forget the draft; either is done once."""
    draft = talk.session.scalar(
        select(BotDraft).where(BotDraft.id == pressed.number(0), BotDraft.user_id == user.id).with_for_update()
    )
    if draft is None:
        raise NotFoundError("bot_draft")
    if pressed.values[-1] != "make":
        talk.session.delete(draft)
        return talk.word("bot.draft_left"), True
    if user.role not in SUPPLY_ROLES:
        raise NotAllowedError("page.not_for_role")
    pasted = lead_of_text(talk.session, draft.words)
    body = pasted.body
    body["requirements"]["location"]["city"] = _town_of(talk, user, pasted)
    if pasted.answer["currency"]:
        body["requirements"]["currency"] = pasted.answer["currency"]
    try:
        fields = lead_columns(OpenLeadBody().load(_without_gaps(body)))
    except ValidationError:
        raise InvalidValueError("text", "bot.unreadable") from None
    lead = create_lead(talk.session, user, Origin.EXCHANGE, fields)
    set_frequency(talk.session, user, lead.id, Frequency.AT_ONCE)  # a user who creates leads in the bot gets its cards
    talk.session.delete(draft)
    talk.session.info.setdefault("leads", []).append(lead.id)
    return talk.word("bot.lead_made"), True


def _town_of(talk: Talk, user: User, pasted: PastedLead) -> str | None:
    """The town that the message names, or else that of the realtor's newest lead."""
    newest = select(Lead.city).where(Lead.owner_id == user.id).order_by(Lead.id.desc()).limit(1)
    return pasted.answer["city"] or talk.session.scalar(newest)


def _summary(talk: Talk, user: User, pasted: PastedLead) -> str:
    answer, body = pasted.answer, pasted.body
    places = ", ".join([*answer["districts"], *answer["metro_stations"]])
    rooms = ", ".join(map(str, answer["rooms"]))
    budget = _span(answer["budget"], answer["currency"] or "")
    lines = [
        talk.word("bot.read_as_lead"),
        body["client_name"] and f"👤 {body['client_name']}",
        f"📍 {_town_of(talk, user, pasted)}" + (f": {places}" if places else ""),
        translate_word(talk.language, f"offer {body['deal_type']}"),
        budget and f"💰 {budget}",
        rooms and talk.word("bot.rooms", rooms=rooms),
        _span(answer["area"], "m²"),
        body["requirements"]["additional_requirements"],
        answer["unread"] and talk.word("bot.not_read", words="; ".join(each["quote"] for each in answer["unread"])),
    ]
    return "\n".join(line for line in lines if line)[:MAX_WORDS]


def _span(limits: dict[str, Any], unit: str) -> str:
    low, high = (limits[end] and print_number(limits[end]) for end in ("min", "max"))
    if not low and not high:
        return ""
    return f"{low or ''}–{high or ''} {unit}".strip() if low != high else f"{low} {unit}".strip()


def _without_gaps(value: Any) -> Any:
    """A body without what the message does not say."""
    if isinstance(value, dict):
        return {name: kept for name, part in value.items() if (kept := _without_gaps(part)) not in (None, "", {}, [])}
    return value
