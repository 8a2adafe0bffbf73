"""The web console: server-rendered pages for realtors, tenants and operators.

A page calls the same operations of `models` as the JSON API; what is here is parsing of forms, words and markup.
"""

from flask import Flask

from api.console import (
    account,
    assets,
    campaigns,
    client_selection,
    compare,
    exports,
    import_reports,
    leadgen,
    leads,
    matches,
    notifications,
    ops,
    pasting,
    properties,
    selections,
    sign_in,
    sources,
    tenants,
    undo,
    user_admin,
    wishes,
)


def register(app: Flask) -> None:
    """Serve the console from *app*."""
    # Tags of templates that stand on lines of their own leave no lines behind.
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages = (
        sign_in,
        account,
        leads,
        selections,
        client_selection,
        compare,
        properties,
        matches,
        notifications,
        tenants,
        ops,
        pasting,
        user_admin,
        leadgen,
        campaigns,
        exports,
        sources,
        import_reports,
        wishes,
        undo,
    )
    for module in (*pages, assets):
        app.register_blueprint(module.blp)
