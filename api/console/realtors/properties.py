"""Own properties: the list, one property with its ranked leads, the form."""

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify, render_template, request

from api.console.kit import forms
from api.console.kit.access import page_for, visitor
from api.console.kit.edits import original_values, read_edit
from api.console.kit.form_definitions import PROPERTY_GROUPS, all_of, property_values
from api.console.kit.i18n import translate
from api.console.kit.pages import back, page_blueprint
from api.console.kit.typed_values import currency_of_town
from api.console.realtors import recommendation_page
from api.console.realtors.home_parts import parts_of
from api.console.realtors.new_photos import FIELD, show_with_photos, stored_photos
from api.console.realtors.own_base import apply_to_selected, copied_id, own_list
from api.console.realtors.recommendation_page import page_of_action
from api.exchange.open_bodies import OpenPropertyBody
from api.exchange.schemas import property_columns
from api.http.db import session
from api.http.tasks import rescore_property
from api.http.uploads import commit_uploads, takes_uploads
from models.core.enums import SUPPLY_ROLES, Origin, Side
from models.deals.home_views import view_and_like_counts
from models.deals.match_board import best_scores
from models.deals.matches import match_counts
from models.deals.recommendation_pages import adverts_of_home
from models.market.duplicates import refuse_duplicate
from models.market.photos import record_saved_photos
from models.market.properties import (
    Property,
    archive_property,
    create_property,
    owned_property,
    replace_property,
    restore_property,
)
from models.market.tags import tags_of
from models.upkeep.samples import refuse_sample

blp = page_blueprint("properties")

for_owners = page_for(*SUPPLY_ROLES)


@blp.get("/console/properties")
@for_owners
def all_properties() -> str:
    return render_template("console/properties.html", **own_list(Side.PROPERTY))


@blp.post("/console/properties/several")
@for_owners
def act_on_selected() -> Response:
    """Archive, restore or tag the selected properties."""
    return apply_to_selected(Side.PROPERTY)


@blp.route("/console/properties/new", methods=["GET", "POST"])
@for_owners
@takes_uploads
def new_property() -> Response | str | tuple[str, int]:
    if request.method == "GET":
        copied = copied_id()
        if copied is not None:
            row = owned_property(session(), visitor(), copied)
            refuse_sample(row)
            return _form(forms.Filled(property_values(row)), None)
        return _form(forms.Filled({"deal_type": "SALE", "details.property_type": "APARTMENT"}), None)
    photos = stored_photos()
    body, filled = _read(None)
    if body is None or photos.refused:
        commit_uploads()
        filled.values = {**filled.values, "photos": "\n".join(photos.links)}
        if photos.refused:
            filled.errors[FIELD] = photos.refused[0][1]
        return _form(filled, None, photos.refused), 400
    body["photos"] = photos.links
    columns = property_columns(body)
    refuse_duplicate(session(), visitor(), columns)
    listing = create_property(session(), visitor(), Origin.EXCHANGE, columns)
    record_saved_photos(session(), visitor(), photos.links)
    rescore_property(listing)
    return back(f"/console/properties/{listing.id}", "saved")


@blp.get("/console/properties/<int:property_id>")
@for_owners
def property_page(property_id: int) -> str:
    listing = owned_property(session(), visitor(), property_id)
    group = adverts_of_home(session(), listing)
    return recommendation_page.list_page(
        Side.PROPERTY,
        listing,
        own_tags=tags_of(session(), Side.PROPERTY, [listing.id]).get(listing.id, []),
        has_list=bool(best_scores(session(), Side.PROPERTY, [listing.id])),
        matches=match_counts(session(), Side.PROPERTY, [listing.id]).get(listing.id, 0),
        parts=parts_of(listing),
        interest=view_and_like_counts(session(), listing),
        other_adverts=[advert for advert in group.adverts if advert.property_id != listing.id] if group else [],
    )


@blp.get("/console/properties/<int:property_id>/list-state")
@for_owners
def list_state(property_id: int) -> Response:
    """Whether the page of the list is out of date."""
    return jsonify(recommendation_page.list_state(Side.PROPERTY, owned_property(session(), visitor(), property_id)))


@blp.route("/console/properties/<int:property_id>/edit", methods=["GET", "POST"])
@for_owners
def edit_property(property_id: int) -> Response | str | tuple[str, int]:
    listing = owned_property(session(), visitor(), property_id, lock=request.method == "POST")
    if request.method == "GET":
        values = property_values(listing)
        return _form(forms.Filled(values, original_values=original_values(values)), listing)
    body, filled = _read(listing)
    if body is None:
        return _form(filled, listing), 409 if filled.theirs else 400
    replace_property(session(), listing, _edited(body, listing))
    record_saved_photos(session(), visitor(), listing.photos)
    rescore_property(listing)
    return back(f"/console/properties/{listing.id}", "saved")


@blp.post("/console/properties/<int:property_id>/archive")
@for_owners
def archive(property_id: int) -> Response:
    listing = owned_property(session(), visitor(), property_id, lock=True)
    archive_property(session(), listing)
    rescore_property(listing)
    return back("/console/properties", "archived", undo=f"property-{property_id}")


@blp.post("/console/properties/<int:property_id>/restore")
@for_owners
def restore(property_id: int) -> Response:
    listing = owned_property(session(), visitor(), property_id, lock=True)
    restore_property(session(), listing)
    rescore_property(listing)
    return back(f"/console/properties/{property_id}", "restored")


@blp.post("/console/properties/<int:property_id>/leads/<int:lead_id>")
@for_owners
def act_for_property(property_id: int, lead_id: int) -> Response:
    usual = f"/console/properties/{property_id}"
    return recommendation_page.act_on_pair(Side.PROPERTY, lead_id, property_id, page_of_action(usual))


def _edited(body: dict[str, Any], listing: Property) -> dict[str, Any]:
    """
    The columns of an edited property; facts of its place that the form does not show are kept if the address does not
    change.
    """
    # A precision that the form leaves open becomes the usual one again.
    columns = property_columns({"address_precision": None} | body, listing)
    if all(columns[name] == getattr(listing, name) for name in ("city", "district", "street", "house_number")):
        columns |= {name: getattr(listing, name) for name in ("latitude", "longitude", "stations")}
    return columns


def _form(filled: forms.Filled, listing: Property | None, refused: Sequence[tuple[str, str]] = ()) -> str:
    menu_path = "/console/properties"
    if listing is None:
        return show_with_photos(filled, cancel=menu_path, refused=refused)
    return forms.show(
        PROPERTY_GROUPS,
        filled,
        title=translate("Edit property"),
        cancel=f"{menu_path}/{listing.id}",
        menu_path=menu_path,
    )


def _read(current: Property | None) -> tuple[dict | None, forms.Filled]:
    """The body from the form; amounts are in the currency of *current*, otherwise in the town's."""
    currency = currency_of_town(request.form.get("address.city", ""), current)
    controls = all_of(PROPERTY_GROUPS)
    if current is None:
        return forms.read(OpenPropertyBody(), controls, request.form, currency=currency)
    return read_edit(OpenPropertyBody(), controls, request.form, property_values(current), currency=currency)
