"""The web console: server-rendered pages for realtors, tenants and operators.

A page calls the same operations of `models` as the JSON API; what is here is parsing of forms, words and markup.
"""

from flask import Flask

from api.console import (
    campaigns,
    doors,
    imports,
    leadgen,
    leads,
    matches,
    notices,
    ops,
    people,
    properties,
    statics,
    tenants,
)


def register(app: Flask) -> None:
    """Serve the console from *app*."""
    # Tags of templates that stand on lines of their own leave no lines behind.
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages = (doors, leads, properties, matches, notices, tenants, ops, people, leadgen, campaigns, imports)
    for module in (*pages, statics):
        app.register_blueprint(module.blp)
