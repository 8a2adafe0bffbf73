"""Health checks: liveness and readiness."""

import logging
from typing import Any

import redis
from flask import jsonify
from flask.views import MethodView
from marshmallow import fields
from sqlalchemy.exc import SQLAlchemyError

from api.http.access import public
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.services import services
from models.platform.revisions import is_behind

log = logging.getLogger(__name__)

blp = Blueprint("health", __name__, description="Liveness and readiness")

#: A restarting database is available again in seconds.
RETRY_AFTER_SECONDS = 2


class Health(Body):
    status = fields.String()
    environment = fields.String()


class Live(Body):
    status = fields.String()


class Ready(Body):
    status = fields.String(metadata={"description": "ready or not ready."})
    database = fields.String(metadata={"description": "ok or away."})
    migrations = fields.String(metadata={"description": "ok, or behind: `leadmatch db upgrade` has not run."})
    redis = fields.String(
        metadata={"description": "ok or away. Without Redis, writes are stored and lists are updated later."}
    )


@blp.route("/health")
class HealthView(MethodView):
    """Liveness in the swipe contract's words."""

    @public
    @blp.response(200, Health)
    def get(self) -> Any:
        """Report that the service is alive

        For people and uptime checks. It touches neither the database nor Redis: see `/health/ready` for those.
        """
        return {"status": "ok", "environment": services().settings.environment}


@blp.route("/health/live")
class LiveView(MethodView):
    """For supervisors that restart processes."""

    @public
    @blp.response(200, Live)
    def get(self) -> Any:
        """Report that the process answers

        A liveness probe. It does not query the database or Redis, so their absence restarts no process.
        """
        return {"status": "ok"}


@blp.route("/health/ready")
class ReadyView(MethodView):
    """For load balancers."""

    @public
    @blp.response(200, Ready)
    @blp.alt_response(503, schema=Ready, description="Send no requests here yet.")
    def get(self) -> Any:
        """Report whether requests can be served: the database answers and has the schema that this release needs

        A readiness probe for load balancers. The state of Redis is reported but does not decide: without it requests
        are served, and lists follow later.
        """
        # Redis is reported but not required: reads and writes work without it, and taking all processes out of service
        # would turn a lost cache into an outage.
        states = _database() | {"redis": _redis()}
        ready = states["database"] == states["migrations"] == "ok"
        if ready:
            return {"status": "ready"} | states
        answer = jsonify({"status": "not ready"} | states)
        answer.status_code = 503
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer


def _database() -> dict[str, str]:
    try:
        return {"database": "ok", "migrations": "behind" if is_behind(session()) else "ok"}
    except SQLAlchemyError as error:
        log.warning("not_ready", extra={"kind": type(error).__name__})
        session().rollback()
        return {"database": "away", "migrations": "unknown"}


def _redis() -> str:
    try:
        services().redis.ping()
    except redis.RedisError:
        return "away"
    return "ok"
