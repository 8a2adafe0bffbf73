"""`leadmatch openapi`: the OpenAPI document, without a running system."""

import json

import click


@click.command()
def command() -> None:
    """Print the OpenAPI document.

    It is the web process's answer at /openapi.json. Needs no database and no settings.
    """
    click.echo(json.dumps(document(), ensure_ascii=False, indent=1))


def document() -> dict:
    """The document of this release, equal to the web process's answer."""
    from api.server.app import create_app  # it takes seconds to load
    from models.platform.settings import Settings

    unused = {"DATABASE_URL": "postgresql://nowhere", "REDIS_URL": "redis://nowhere", "SECRET_KEY": "-" * 32}
    app = create_app(Settings.from_env({"ENVIRONMENT": "test", **unused}))
    answer = app.test_client().get("/openapi.json")
    assert answer.json is not None
    return answer.json
