"""Marketers' work with prospects: add one, reply, convert one to a lead, export all."""

from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import fields

from api.console.kit import form_keys, forms
from api.console.kit.access import page_for, visitor
from api.console.kit.form_definitions import with_labels
from api.console.kit.forms import Control
from api.console.kit.i18n import translate
from api.console.kit.pages import back, page_blueprint
from api.http.blueprint import Body, one_of
from api.http.db import session
from api.http.fields import FormId, Phone, Text, Town, money
from api.http.readings import wish_columns
from api.http.services import services
from api.http.tasks import rescore_lead, score_prospect, send_reply
from api.leadgen.announce import announce_change, announce_prospect
from api.leadgen.csv_export import prospect_file
from models.accounts import audit
from models.accounts.user_search import find_users
from models.accounts.users import normal_phone
from models.core.enums import ADVERTISING_ROLES, DealType
from models.core.errors import InvalidValueError
from models.leadgen.ads import ads_of_niche
from models.leadgen.campaigns import Platform
from models.leadgen.conversion import LEAD_OWNERS, convert
from models.leadgen.events import EventKind
from models.leadgen.messages import MessageDelivery, Sender, add_message, text_of_prospect
from models.leadgen.niches import get_niche
from models.leadgen.prospects import Prospect, ProspectStatus, add_prospect, get_prospect

blp = page_blueprint("contacts")

for_marketers = page_for(*ADVERTISING_ROLES)

MAX_ADS, MAX_REALTORS, MAX_WISHES = 200, 50, 5000
LONGEST_REPLY = 4000  # characters; Telegram accepts 4,096

CONTACT = [
    Control("name", "Name"),
    Control("phone", "Phone", required=False),
    Control("source", "Where from", "choice", choices=tuple(Platform)),
    Control("ad_id", "Ad", "choice", required=False, none="not known"),
    Control("budget", "Budget", "money", required=False),
    Control("notes", "Notes", "long", required=False, wide=True),
]
CONVERSION = [
    Control("realtor_id", "Realtor who gets the lead", "choice"),
    Control("deal_type", "Deal", "choice", choices=tuple(DealType)),
    Control("city", "City", "town"),
    Control("budget_max", "Maximum budget", "money", required=False),
    Control("additional_requirements", "Wishes in your own words", "long", required=False, wide=True),
]


class ContactForm(Body):
    name = Text(200, required=True)
    phone = Phone(allow_none=True)
    source = one_of(Platform, required=True)
    ad_id = fields.UUID(allow_none=True)
    budget = money(allow_none=True)
    notes = Text(5000, empty=True, allow_none=True)


class ConversionForm(Body):
    realtor_id = FormId(required=True)
    deal_type = one_of(DealType, required=True)
    city = Town(required=True)
    budget_max = money(allow_none=True)
    additional_requirements = Text(MAX_WISHES, empty=True, allow_none=True)


@blp.route("/console/leadgen/<uuid:niche_id>/prospects/new", methods=["GET", "POST"])
@for_marketers
def new_contact(niche_id: UUID) -> Response | str | tuple[str, int]:
    """Add a prospect, for example after a phone call."""
    niche = get_niche(session(), niche_id)
    ads = {
        str(ad.id): f"{ad.title} · {campaign}" for ad, campaign in session().execute(ads_of_niche(niche.id, MAX_ADS))
    }
    controls = with_labels(CONTACT, "ad_id", ads)
    texts: dict[str, Any] = {
        "title": translate("New contact"),
        "cancel": f"/console/leadgen/{niche.id}",
        "creates": True,
    }
    if request.method == "GET":
        return _form(controls, forms.Filled({"source": Platform.TELEGRAM.value}), **texts)

    def add(body: dict[str, Any]) -> Prospect:
        if body.get("phone"):
            body["phone"] = normal_phone(body["phone"])
        added = add_prospect(session(), body)
        if added.new:
            announce_prospect(EventKind.LEAD_CREATED, added.prospect, source=added.prospect.source)
        score_prospect(added.prospect.id)
        return added.prospect

    made, filled = forms.send(ContactForm(), controls, request.form, add)
    if made is None:
        return _form(controls, filled, **texts), 400
    return back(f"/console/leadgen/prospects/{made.id}", "saved")


@blp.post("/console/leadgen/prospects/<uuid:prospect_id>/reply")
@for_marketers
def reply(prospect_id: UUID) -> Response:
    """Reply to a prospect: sent if the channel is configured and known, otherwise only recorded."""
    prospect = get_prospect(session(), prospect_id)
    words = request.form.get("message", "").strip()
    if not words or len(words) > LONGEST_REPLY:
        raise InvalidValueError("message", "reply.write_something")
    form_keys.claim()  # other words are another reply
    goes_out = reaches(prospect)
    delivery = MessageDelivery.QUEUED if goes_out else None
    message = add_message(session(), prospect.id, words, Sender.HUMAN, prospect.source, delivery=delivery)
    if goes_out:
        send_reply(message.id)
    announce_change()
    score_prospect(prospect.id)
    return back(f"/console/leadgen/prospects/{prospect_id}", "reply_sent" if goes_out else "reply_recorded")


@blp.route("/console/leadgen/prospects/<uuid:prospect_id>/convert", methods=["GET", "POST"])
@for_marketers
def make_lead(prospect_id: UUID) -> Response | str | tuple[str, int]:
    """Convert a prospect to a realtor's lead, with the wishes read from the conversation."""
    prospect = get_prospect(session(), prospect_id, lock=request.method == "POST")
    realtors = {
        str(user.id): " · ".join(filter(None, (user.name or str(user.id), user.agency_name)))
        for role in sorted(LEAD_OWNERS)
        for user in session().scalars(find_users("", role, True).limit(MAX_REALTORS))
    }
    controls = with_labels(CONVERSION, "realtor_id", realtors)
    title = translate("Turn {name} into a lead", name=prospect.name)
    texts: dict[str, Any] = {"title": title, "cancel": f"/console/leadgen/prospects/{prospect.id}"}
    if request.method == "GET":
        conversation = text_of_prospect(session(), prospect.id)[:MAX_WISHES]
        values = {"additional_requirements": conversation or prospect.notes or "", "deal_type": DealType.SALE.value}
        return _form(controls, forms.Filled(values), **texts)

    def make(body: dict[str, Any]) -> Any:
        realtor_id = body.pop("realtor_id")
        read = wish_columns(body.get("additional_requirements"), None)
        return convert(session(), prospect, realtor_id, body | read)

    lead, filled = forms.send(ConversionForm(), controls, request.form, make)
    if lead is None:
        return _form(controls, filled, **texts), 400
    rescore_lead(lead)
    announce_change()
    return back(f"/console/leadgen/prospects/{prospect_id}", "saved")


@blp.get("/console/leadgen/prospects.csv")
@for_marketers
def contacts_file() -> Response:
    """All prospects, or those of one status, as the API's export; the download is audited."""
    raw = request.args.get("status")
    status = ProspectStatus(raw) if raw in list(ProspectStatus) else None
    audit.record(session(), "prospects_exported", actor_id=visitor().id)
    return prospect_file(services().sessions, status=status)


def reaches(prospect: Prospect) -> bool:
    """Whether a reply is sent automatically: to prospects who wrote to our bot on Telegram."""
    is_known = prospect.source is Platform.TELEGRAM and bool(prospect.platform_user_id)
    return is_known and bool(services().settings.telegram_bot_token)


def _form(controls: list[Control], filled: forms.Filled, *, title: str, cancel: str, creates: bool = False) -> str:
    return forms.show(
        [(title, controls)], filled, title=title, cancel=cancel, menu_path="/console/leadgen", creates=creates
    )
