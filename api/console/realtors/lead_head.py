"""Parts shared by a lead's pages: the client's contacts, counts beside the tabs, private notes, the shortlist."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, jsonify, request
from markupsafe import Markup
from marshmallow import Schema

from api.console.kit import forms
from api.console.kit.access import page_for, visitor
from api.console.kit.edits import original_values, read_edit
from api.console.kit.i18n import OUTCOMES, language, translate
from api.console.kit.pages import back, page_blueprint, wants_json
from api.http.blueprint import Body
from api.http.db import session
from api.http.fields import Text
from api.http.request_state import current
from api.http.tasks import rescore_lead
from models.agenda.following import Frequency, frequency_for, set_frequency
from models.agenda.settings import zone_of
from models.agenda.shortlist import add_to_shortlist, remove_from_shortlist
from models.agenda.summary import LeadSummary, summary_of
from models.core.enums import SUPPLY_ROLES
from models.core.errors import InvalidValueError
from models.market.client_contacts import Contact, has_unread_contacts, read_contacts
from models.market.leads import Lead, owned_lead, replace_lead

blp = page_blueprint("lead_head")

for_realtors = page_for(*SUPPLY_ROLES)


class NotesBody(Body):
    private_notes = Text(5000, empty=True, allow_none=True)


NOTES = [forms.Control("private_notes", "Private notes", "long", required=False, wide=True)]


@blp.app_template_global("contacts_of")
def contacts_of(lead: Lead) -> list[Contact]:
    """Links for the contacts of a lead's client."""
    return read_contacts(lead.client_contacts)


blp.add_app_template_global(has_unread_contacts)


@blp.app_template_global("summary_of_lead")
def summary_of_lead(lead: Lead) -> LeadSummary:
    """The counts beside the tabs of the page's lead; read once, although a page shows them in two places."""
    state = current()
    if state.lead_summary is None:
        state.lead_summary = summary_of(session(), lead)
    return state.lead_summary


@blp.app_template_global("frequency_of_lead")
def frequency_of_lead(lead: Lead) -> Frequency:
    """How often the owner is notified of a lead's new recommendations."""
    return frequency_for(session(), lead)


#: Frequency -> its label.
FREQUENCIES = {Frequency.AT_ONCE: "at once", Frequency.DAILY: "once a day", Frequency.NEVER: "never"}
blp.add_app_template_global(lambda: FREQUENCIES, "frequency_names")


@blp.app_template_global("own_time")
def own_time(moment: datetime) -> Markup:
    """A moment in the visitor's time zone, which reminders use."""
    return time_in(moment, zone_of(session(), visitor()))


def time_in(moment: datetime, zone: ZoneInfo) -> Markup:
    """A moment in a time zone."""
    local = moment.astimezone(zone)
    text = f"{local:%d %b %Y, %H:%M}" if language() == "en" else f"{local:%d.%m.%Y %H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), text)


@blp.route("/console/leads/<int:lead_id>/notes", methods=["GET", "POST"])
@for_realtors
def notes(lead_id: int) -> Response | str | tuple[str, int]:
    """
    Only the private notes, which the lead's page edits in place; conflicting edits of two windows are resolved here.
    """
    lead = owned_lead(session(), visitor(), lead_id, lock=request.method == "POST")
    values = {"private_notes": lead.private_notes or ""}
    if request.method == "GET":
        return _form(forms.Filled(values, original_values=original_values(values)), lead)
    body, filled = read_edit(_SCHEMA, NOTES, request.form, values)
    if body is None:
        return _form(filled, lead), 409 if filled.theirs else 400
    replace_lead(session(), lead, {"city": lead.city, "private_notes": body.get("private_notes")})
    rescore_lead(lead)
    return back(f"/console/leads/{lead.id}", "saved")


@blp.post("/console/leads/<int:lead_id>/shortlist/<int:property_id>")
@for_realtors
def star(lead_id: int, property_id: int) -> Response:
    """Put a home on the lead's shortlist, or remove it."""
    is_on = forms.pressed_button("1", "0", name="star") == "1"
    (add_to_shortlist if is_on else remove_from_shortlist)(session(), visitor(), lead_id, property_id)
    message = "shortlisted" if is_on else "unshortlisted"
    if wants_json():
        return jsonify(message=translate(OUTCOMES[message]), key=message)
    return back(f"/console/leads/{lead_id}", message, shortlist=request.form.get("shortlist"))


@blp.post("/console/leads/<int:lead_id>/frequency")
@for_realtors
def choose_frequency(lead_id: int) -> Response:
    """Choose how often the visitor is notified of a lead's new recommendations."""
    chosen = request.form.get("frequency", "")
    if chosen not in list(Frequency):
        raise InvalidValueError("frequency", "lead.choose_frequency")
    set_frequency(session(), visitor(), lead_id, Frequency(chosen))
    return back(f"/console/leads/{lead_id}", "changed")


_SCHEMA: Schema = NotesBody()


def _form(filled: forms.Filled, lead: Lead) -> str:
    page = f"/console/leads/{lead.id}"
    groups = [("Private notes", NOTES)]
    return forms.show(groups, filled, title=translate("Private notes"), cancel=page, menu_path="/console/leads")
