"""Drafts: a client's message becomes a lead when its realtor confirms it."""

from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from api.bot.dialog import Dialog
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
from models.translations.bot_cards import PressedButton, button
from models.translations.catalogue import translate_word

MAX_WORDS = 4096  # characters of a Telegram message


def propose(dialog: Dialog, user: User, words: str) -> None:
    """Show the reading of a message, and ask whether to create a lead from it."""
    words = words[:MAX_WORDS]
    pasted = lead_of_text(dialog.session, words)
    if _town_of(dialog, user, pasted) is None:
        dialog.send(dialog.word("bot.which_town"))
        return
    draft = BotDraft(user_id=user.id, words=words)
    dialog.session.add(draft)
    dialog.session.flush()
    choice = [
        button(dialog.word("bot.button.make_lead"), "draft", str(draft.id), "make"),
        button(dialog.word("bot.button.leave"), "draft", str(draft.id), "leave"),
    ]
    dialog.send(_summary(dialog, user, pasted), [choice])


def decide(dialog: Dialog, user: User, pressed: PressedButton) -> tuple[str, bool]:
    """Create the lead of a draft, or delete the draft; either happens once."""
    draft = dialog.session.scalar(
        select(BotDraft).where(BotDraft.id == pressed.number(0), BotDraft.user_id == user.id).with_for_update()
    )
    if draft is None:
        raise NotFoundError("bot_draft")
    if pressed.values[-1] != "make":
        dialog.session.delete(draft)
        return dialog.word("bot.draft_left"), True
    if user.role not in SUPPLY_ROLES:
        raise NotAllowedError("page.not_for_role")
    pasted = lead_of_text(dialog.session, draft.words)
    body = pasted.body
    body["requirements"]["location"]["city"] = _town_of(dialog, user, pasted)
    if pasted.answer["currency"]:
        body["requirements"]["currency"] = pasted.answer["currency"]
    try:
        fields = lead_columns(OpenLeadBody().load(_without_gaps(body)))
    except ValidationError:
        raise InvalidValueError("text", "bot.unreadable") from None
    lead = create_lead(dialog.session, user, Origin.EXCHANGE, fields)
    set_frequency(dialog.session, user, lead.id, Frequency.AT_ONCE)  # users who create leads in the bot get cards
    dialog.session.delete(draft)
    dialog.session.info.setdefault("leads", []).append(lead.id)
    return dialog.word("bot.lead_made"), True


def _town_of(dialog: Dialog, user: User, pasted: PastedLead) -> str | None:
    """The town in the message, otherwise that of the realtor's newest lead."""
    newest = select(Lead.city).where(Lead.owner_id == user.id).order_by(Lead.id.desc()).limit(1)
    return pasted.answer["city"] or dialog.session.scalar(newest)


def _summary(dialog: Dialog, user: User, pasted: PastedLead) -> str:
    answer, body = pasted.answer, pasted.body
    places = ", ".join([*answer["districts"], *answer["metro_stations"]])
    rooms = ", ".join(map(str, answer["rooms"]))
    budget = _span(answer["budget"], answer["currency"] or "")
    lines = [
        dialog.word("bot.read_as_lead"),
        body["client_name"] and f"👤 {body['client_name']}",
        f"📍 {_town_of(dialog, user, pasted)}" + (f": {places}" if places else ""),
        translate_word(dialog.language, f"offer {body['deal_type']}"),
        budget and f"💰 {budget}",
        rooms and dialog.word("bot.rooms", rooms=rooms),
        _span(answer["area"], "m²"),
        body["requirements"]["additional_requirements"],
        answer["unread"] and dialog.word("bot.not_read", words="; ".join(each["quote"] for each in answer["unread"])),
    ]
    return "\n".join(line for line in lines if line)[:MAX_WORDS]


def _span(limits: dict[str, Any], unit: str) -> str:
    low, high = (limits[end] and print_number(limits[end]) for end in ("min", "max"))
    if not low and not high:
        return ""
    return f"{low or ''}–{high or ''} {unit}".strip() if low != high else f"{low} {unit}".strip()


def _without_gaps(value: Any) -> Any:
    """A body without the fields that the message does not state."""
    if isinstance(value, dict):
        return {name: kept for name, part in value.items() if (kept := _without_gaps(part)) not in (None, "", {}, [])}
    return value
