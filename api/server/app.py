"""The assembly of the Flask application."""

import logging

import flask_smorest
import redis
from flask import Flask
from sqlalchemy import Engine

import models.all_tables  # noqa: F401 - sessions need every table
from api import console
from api.accounts import (
    account_exports,
    account_sessions,
    admin,
    auth,
    identifiers,
    invitations,
    notification_switches,
    portal_auth,
    portal_users,
    recovery,
    telegram,
)
from api.bot import updates as bot_updates
from api.exchange import (
    calendar,
    exports,
    lead_history,
    leads,
    matches,
    notifications,
    properties,
    recommendations,
    selections,
    tasks,
    understand,
)
from api.http import access, answered, cross_origin, errors, etags, limits, request_log, uploads
from api.http.blueprint import ErrorSchema
from api.http.db import end_session
from api.http.json_provider import FastJSON
from api.http.limit_counters import LimitCounters
from api.http.long_lived import LongLived
from api.http.path_ids import PathId, PathWord
from api.http.request_metrics import watch_pool
from api.http.services import Services, attach_services
from api.http.trailing_slash import WithoutTrailingSlash
from api.http.transaction import App
from api.leadgen import BLUEPRINTS as LEADGEN
from api.ops import markets, metrics, runs
from api.portal import chat, live
from api.portal import properties as portal_properties
from api.portal import requests as portal_requests
from api.portal import socket as chat_socket
from api.portal.chat_hub import ChatHub, attach_chat_hub
from api.server import docs, help_pages
from api.server.health import blp as health
from api.server.media import blp as media
from api.server.risky_settings import warn_of_risky_settings
from api.server.unread_bodies import CloseUnread
from api.sources import imports as source_imports
from api.sources import outgoing, sources
from api.sources import refusals as source_refusals
from api.swipe import favorites, feed, inquiries, listings, places, preferences
from api.webhooks import deliveries as webhook_deliveries
from api.webhooks import endpoints as webhooks
from models.platform.database import connect, reading_sessions, sessions
from models.platform.settings import Settings
from models.platform.storage import Storage
from models.version import VERSION
from worker.queue.client import Client

log = logging.getLogger(__name__)

BLUEPRINTS = (
    health,
    media,
    auth.blp,
    identifiers.blp,
    account_sessions.blp,
    recovery.blp,
    invitations.blp,
    telegram.blp,
    portal_auth.blp,
    portal_users.blp,
    admin.blp,
    leads.blp,
    properties.blp,
    recommendations.blp,
    selections.blp,
    tasks.blp,
    lead_history.blp,
    calendar.blp,
    understand.blp,
    matches.blp,
    exports.blp,
    notifications.blp,
    notification_switches.blp,
    account_exports.blp,
    listings.blp,
    preferences.blp,
    places.blp,
    feed.blp,
    favorites.blp,
    inquiries.blp,
    portal_properties.blp,
    portal_requests.blp,
    chat.blp,
    live.blp,
    bot_updates.blp,
    sources.blp,
    source_imports.blp,
    source_refusals.blp,
    outgoing.blp,
    webhooks.blp,
    webhook_deliveries.blp,
    runs.blp,
    markets.blp,
    metrics.blp,
    *LEADGEN,
)

#: Larger bodies are refused before they are read; uploads have a larger limit of their own.
LARGEST_BODY = 1 << 20  # bytes
#: Connections of one process to the database. Every connection that was once opened stays open: until a new one has
#: read the catalogs and planned the frequent statements, it costs PostgreSQL as much as fifteen pages. Closing those
#: above an everyday number would make every peak of requests pay this cost again.
CONNECTIONS = 16
#: Parts of a multipart body: a property's form has some fifty texts and as many pictures.
MAX_FORM_PARTS = 200


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """Create the Flask application for *settings*.

    Args:
        engine: The database of a test; otherwise a pool is opened for the settings' URL.
    """
    app = App("api", static_folder=None)
    app.url_map.converters |= {"int": PathId, "default": PathWord, "string": PathWord}
    app.url_map.strict_slashes = False
    app.config.update(
        API_TITLE="Leadmatch",
        API_VERSION=VERSION,
        API_SPEC_OPTIONS=docs.SPEC,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        SOCK_SERVER_OPTIONS=chat_socket.SERVER_OPTIONS,
    )
    app.json = FastJSON(app)
    attach(
        app,
        settings,
        engine or connect_web(settings.database_url),
    )

    request_log.register(app)
    etags.register(app)
    cross_origin.register(app, settings)
    limits.register(app)
    # Cheap checks come first: the body is read by a page's access check at the earliest.
    app.before_request(access.refuse_remote_callers)
    app.before_request(limits.limit_auth_attempts)
    app.before_request(uploads.limit_body)
    app.before_request(access.check_access)
    app.before_request(limits.limit_caller)
    app.teardown_appcontext(end_session)
    app.teardown_appcontext(uploads.remove_uncommitted_files)
    api = flask_smorest.Api()
    api.ERROR_SCHEMA = ErrorSchema
    api.DEFAULT_ERROR_RESPONSE_NAME = None  # api/http/openapi.py lists every error by its status
    api.init_app(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    docs.register(app, api)
    help_pages.register(app)
    console.register(app)
    errors.register(app)  # after flask-smorest, whose own handler would otherwise answer HTTP errors
    access.check_all_declared(app)
    answered.collect_answered_names(app)
    warn_of_risky_settings(settings)
    app.wsgi_app = CloseUnread(WithoutTrailingSlash(app.wsgi_app))  # type: ignore[method-assign]  # as Flask documents it
    return app


def connect_web(database_url: str) -> Engine:
    """Return the engine of a web process."""
    return connect(database_url, pool_size=CONNECTIONS, max_overflow=0, application="leadmatch-web", one_plan_each=True)


def attach(app: Flask, settings: Settings, engine: Engine) -> None:
    """Attach settings and services to *app*: database, Redis, task queue, uploads.

    This is separate from the routes, which take far longer to create: tests attach the same routes to different
    services. Parts that depend on the settings at creation (CORS, proxies: api/http/cross_origin.py) do not change.
    """
    watch_pool(engine)
    app.extensions.pop("short_cache", None)  # values read from another database
    long_lived = LongLived(settings.web_threads)
    # Short timeouts: no request waits long for Redis, and every use of Redis has a fallback.
    short = redis.Redis.from_url(
        settings.redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, health_check_interval=30
    )
    attach_services(
        app,
        Services(
            settings=settings,
            engine=engine,
            sessions=sessions(engine),
            reading_sessions=reading_sessions(engine),
            redis=short,
            limits=LimitCounters(settings.redis_url),
            worker=Client(settings.redis_url),
            storage=Storage(settings.media_url),
            long_lived=long_lived,
        ),
    )
    attach_chat_hub(app, ChatHub(settings.redis_url, long_lived))
