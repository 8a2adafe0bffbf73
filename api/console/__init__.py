"""The web console: server-rendered pages for realtors, tenants and operators.

Pages call the same operations of `models` as the JSON API; this package contains the parsing of forms, texts and
markup.
"""

from flask import Flask

from api.console.account import account, notifications, profile, sign_in, sign_up, switches, webhooks
from api.console.buyers import requests
from api.console.files import import_reports, sources
from api.console.kit import assets
from api.console.kit.compiled_templates import configure_templates
from api.console.marketers import campaigns, contacts, leadgen
from api.console.operators import attention, lists, markets, ops, queues, schedule, user_admin, weights
from api.console.owners import inquiries as owner_inquiries
from api.console.owners import listings as owner_listings
from api.console.public import home_page, search, search_engines, unsubscribe
from api.console.realtors import (
    base_views,
    client_selection,
    compare,
    documents,
    exports,
    homes,
    lead_head,
    lead_history,
    leads,
    matches,
    pasting,
    photos,
    properties,
    quick_edit,
    relaxations,
    samples,
    selections,
    tasks,
    team,
    team_rows,
    undo,
    wishes,
)
from api.console.tenants import favorites, preferences, searches, tenants


def register(app: Flask) -> None:
    """Serve the console from *app*."""
    configure_templates(app)
    pages = (
        sign_in,
        sign_up,
        account,
        leads,
        lead_head,
        lead_history,
        relaxations,
        tasks,
        team,
        team_rows,
        selections,
        client_selection,
        compare,
        properties,
        base_views,
        quick_edit,
        samples,
        photos,
        documents,
        homes,
        matches,
        notifications,
        switches,
        profile,
        requests,
        owner_listings,
        owner_inquiries,
        tenants,
        preferences,
        favorites,
        ops,
        attention,
        queues,
        schedule,
        markets,
        weights,
        lists,
        pasting,
        user_admin,
        leadgen,
        campaigns,
        contacts,
        exports,
        sources,
        import_reports,
        wishes,
        undo,
        search,
        home_page,
        search_engines,
        unsubscribe,
        searches,
        webhooks,
    )
    for module in (*pages, assets):
        app.register_blueprint(module.blp)
