"""One inquiry for the listing's owner: its sender, what they look for, how the home fits, and an answer by template."""

from typing import Any

from flask import Response, render_template, request

from api.console.kit import form_keys
from api.console.kit.access import page_for, visitor
from api.console.kit.forms import pressed_button
from api.console.kit.i18n import LANGUAGES, language
from api.console.kit.pages import back, page_blueprint
from api.console.kit.row_ids import id_in
from api.console.kit.score_reasons import render_reasons
from api.http.db import after_commit, session
from api.http.explanations import explanations_of_pairs
from api.portal.chat import broadcast_message
from models.accounts.notification_groups import mark_group_read
from models.accounts.users import User, shown_name
from models.core.enums import SUPPLY_ROLES, InquiryStatus
from models.core.errors import InvalidValueError
from models.deals.answer_templates import AnswerTemplate, add_template, delete_template, templates_of
from models.deals.chats import MAX_MESSAGE_LENGTH, open_chat, post_message
from models.deals.inquiries import move_inquiry
from models.deals.owner_board import demand_of_tenants, inquiry_for
from models.market.properties import Property
from models.translations import catalogue

blp = page_blueprint("owner_inquiries")

for_owners = page_for(*SUPPLY_ROLES)
#: The built-in answers in every language.
DEFAULTS = {
    "answer.free": "answer.free_named",
    "answer.viewing": "answer.viewing_named",
    "answer.taken": "answer.taken_named",
}


@blp.route("/console/owner/inquiries/<int:inquiry_id>", methods=["GET", "POST"])
@for_owners
def inquiry_page(inquiry_id: int) -> Response | str:
    """Show an inquiry; or answer it, which opens the chat and moves the inquiry to "in progress"."""
    inquiry, listing, tenant = inquiry_for(session(), visitor(), inquiry_id)
    if request.method == "POST":
        return _answer(inquiry.id, listing, tenant)
    mark_group_read(session(), visitor(), f"listing_id:{listing.id}")
    lead = demand_of_tenants(session(), [(tenant.id, listing)]).get((tenant.id, listing.id))
    explanation = explanations_of_pairs(session(), [lead], [listing])[0] if lead is not None else None
    reply_language = _reply_language(tenant)
    return render_template(
        "console/owners/inquiry.html",
        inquiry=inquiry,
        listing=listing,
        who=shown_name(tenant.name, tenant.role, in_contact=False),
        lead=lead,
        score=explanation.score if explanation is not None else None,
        reasons=render_reasons(lead, listing, explanation, level=3)
        if lead is not None and explanation is not None
        else None,
        templates=_templates(reply_language, listing, tenant),
        chosen=_chosen(reply_language, listing, tenant),
        reply_language=reply_language,
    )


@blp.post("/console/owner/templates/<int:template_id>/drop")
@for_owners
def drop(template_id: int) -> Response:
    """Delete one of the visitor's templates and return to the inquiry."""
    delete_template(session(), visitor(), template_id)
    inquiry_id = id_in(request.form.get("inquiry", ""))
    return back("/console/inquiries" if inquiry_id is None else f"/console/owner/inquiries/{inquiry_id}", "changed")


def _answer(inquiry_id: int, listing: Property, tenant: User) -> Response:
    text = request.form.get("message", "").strip()
    if not text or len(text) > MAX_MESSAGE_LENGTH:
        raise InvalidValueError("message", "message.wrong_length")
    if pressed_button("send", "keep") == "keep":
        add_template(session(), visitor(), text, _reply_language(tenant))
        return back(f"/console/owner/inquiries/{inquiry_id}", "template_kept", lang=_reply_language(tenant))
    form_keys.claim()  # other words are another answer
    chat, _ = open_chat(session(), visitor(), buyer_id=tenant.id, seller_id=visitor().id, property_id=listing.id)
    chat, stored = post_message(session(), visitor(), chat.id, text)
    inquiry, _, _ = inquiry_for(session(), visitor(), inquiry_id)
    if inquiry.status is InquiryStatus.NEW:
        move_inquiry(session(), visitor(), inquiry_id, InquiryStatus.IN_PROGRESS)
    after_commit(lambda: broadcast_message(session(), chat, stored))
    return back(f"/console/chats/{chat.id}", "answered")


def _reply_language(tenant: User) -> str:
    """The language of the templates: the chosen one, otherwise the tenant's, otherwise the page's."""
    language_code = request.values.get("lang", "")
    return next(each for each in (language_code, tenant.language, language()) if each in LANGUAGES)


def _templates(reply_language: str, listing: Property, tenant: User) -> list[dict[str, Any]]:
    """Templates in one language: the visitor's own, then the built-in ones."""
    own = session().scalars(templates_of(visitor()).where(AnswerTemplate.language == reply_language))
    rows = [{"key": f"own-{each.id}", "id": each.id, "text": each.text} for each in own]
    return rows + [{"key": key, "id": None, "text": _default(reply_language, key, listing, tenant)} for key in DEFAULTS]


def _chosen(reply_language: str, listing: Property, tenant: User) -> str:
    template_name = request.args.get("template", "")
    return next((row["text"] for row in _templates(reply_language, listing, tenant) if row["key"] == template_name), "")


def _default(reply_language: str, key: str, listing: Property, tenant: User) -> str:
    first_name = (tenant.name or "").partition(" ")[0]
    return catalogue.translate(reply_language, DEFAULTS[key] if first_name else key, {"name": first_name})
