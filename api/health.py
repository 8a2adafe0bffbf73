"""Whether the service is up."""

from flask import current_app
from flask.views import MethodView
from marshmallow import fields

from api.access import public
from api.blueprint import Blueprint, Body

blp = Blueprint("health", __name__, description="Whether the service is up")


class Health(Body):
    status = fields.String()
    environment = fields.String()


@blp.route("/health")
class HealthView(MethodView):
    @public
    @blp.response(200, Health)
    def get(self):
        """Say that the service is alive"""
        return {"status": "ok", "environment": current_app.extensions["settings"].environment}
