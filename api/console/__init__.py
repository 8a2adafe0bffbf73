"""The web console: server-rendered pages for realtors, tenants and operators.

A page calls the same operations of `models` as the JSON API; what is here is parsing of forms, words and markup.
"""

from flask import Flask

from api.console import doors, imports, leadgen, leads, matches, notices, ops, people, properties, statics, tenants


def register(app: Flask) -> None:
    """Serve the console from *app*."""
    for module in (doors, leads, properties, matches, notices, tenants, ops, people, leadgen, imports, statics):
        app.register_blueprint(module.blp)
