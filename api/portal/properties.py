"""Properties of the portal: create one from a long form with pictures, plans and documents; list my properties."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, for_roles
from api.http.answered import answered_by
from api.http.blueprint import Blueprint, Body, PageArgs
from api.http.db import session
from api.http.fields import Moment
from api.http.paging import PAGINATION, page_of, pagination
from api.http.readings import fact_columns
from api.http.tasks import rescore_property
from api.http.uploads import read_pictures, store_document, store_image, takes_uploads
from api.http.warnings import Warnings, warn_of_price, warn_of_town
from api.portal.property_form import SINGLE_FILES, ShownForm, WholePropertyForm, columns_of, form_row
from models.core.enums import Origin, Role
from models.market.properties import create_property, properties_of

blp = Blueprint("portal-properties", __name__, description="Properties with plans and documents")

#: The roles that can offer properties on the portal.
SELLERS = (Role.REALTOR, Role.AGENCY, Role.DEVELOPER)


class PropertyMade(Body):
    id = fields.Integer()
    message = fields.String()
    created_at = Moment()
    warnings = Warnings()


class PortalProperty(ShownForm):
    """The form's fields, the files as URLs, and the fields that the portal adds."""

    id = fields.Integer()
    owner_id = fields.Integer()
    images = fields.List(fields.String())
    layout = fields.String(allow_none=True)
    building_layout = fields.String(allow_none=True)
    territory_layout = fields.String(allow_none=True)
    document_file1 = fields.String(allow_none=True)
    document_file2 = fields.String(allow_none=True)
    document_file3 = fields.String(allow_none=True)
    city = fields.String()
    is_active = fields.Boolean()
    created_at = fields.String()
    updated_at = fields.String()


@blp.route("/properties/create")
class CreateProperty(MethodView):
    """Create a property with its documents."""

    @for_roles(*SELLERS)
    @takes_uploads
    @answered_by(PortalProperty)
    @blp.arguments(WholePropertyForm, location="multipart")
    @blp.response(201, PropertyMade)
    @blp.alt_response(415, description="A file is not a picture, or not a document.")
    def post(self, form: dict[str, Any]) -> Any:
        """Create a property

        One multipart body: the form's texts, at least one picture as `images`, plans, and documents that only the owner
        sees. Pictures are re-encoded without metadata.
        """
        pictures = [name for name, may_be_pdf in SINGLE_FILES.items() if not may_be_pdf]
        documents = [name for name, may_be_pdf in SINGLE_FILES.items() if may_be_pdf]
        files = [*form["images"], *map(form.get, pictures)]
        read_pictures(files, current_user(), documents=map(form.get, documents))
        columns = columns_of(form)
        columns |= fact_columns(columns["title"], columns["description"], columns["search_text"])
        columns["photos"] = [store_image(image, current_user(), "property") for image in form["images"] if image]
        for name, may_be_pdf in SINGLE_FILES.items():
            if form.get(name) is not None:
                store = store_document if may_be_pdf else store_image
                columns["attributes"][name] = store(form[name], current_user(), "property")
        listing = create_property(session(), current_user(), Origin.PORTAL, columns)
        warn_of_town("location", listing.city, listing.currency)
        warn_of_price("price", listing.price)
        rescore_property(listing)
        return {"id": listing.id, "message": "Property created successfully", "created_at": listing.created_at}


@blp.route("/properties/my_properties")
class MyProperties(MethodView):
    """List the caller's properties."""

    @for_roles(*SELLERS)
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, PortalProperty(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List my properties, through whichever contract they were created, newest first

        With documents and commission, which nobody else sees. X-Pagination holds the total.
        """
        rows, total = page_of(properties_of(current_user()), args)
        return [form_row(row, private=True) for row in rows], 200, pagination(total, args)
