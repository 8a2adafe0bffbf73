"""Templates are compiled once for all processes of the server."""

import pytest
from flask import Flask

from api.console.kit import compiled_templates


def test_an_application_made_later_compiles_no_template_again(monkeypatch):
    monkeypatch.setattr(compiled_templates, "_codes", {})
    assert compiled_templates.compile_templates() > 100

    later = Flask("api", static_folder=None)
    compiled_templates.configure_templates(later)
    monkeypatch.setattr(later.jinja_env, "compile", lambda *_, **__: pytest.fail("a template is compiled again"))
    for name in later.jinja_env.list_templates(extensions=["html"]):
        later.jinja_env.get_template(name)


def test_a_template_that_was_edited_is_compiled_again(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled_templates, "_codes", {})
    page = tmp_path / "page.html"
    shown = []
    for text in ("before", "after"):
        page.write_text(text)
        app = Flask("api", static_folder=None, template_folder=str(tmp_path))
        compiled_templates.configure_templates(app)
        shown.append(app.jinja_env.get_template("page.html").render())

    assert shown == ["before", "after"]
