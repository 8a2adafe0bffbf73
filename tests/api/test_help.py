"""The help at /help serves only pages of the built site, under a policy without inline scripts or styles."""

import pytest

from api.server import help_pages


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    (folder / "tutorials").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Leadmatch</h1>")
    (folder / "tutorials" / "ops.html").write_text("<h1>Ops</h1>")
    (tmp_path / "secret").write_text("no page")
    monkeypatch.setattr(help_pages, "site", lambda: folder)
    return folder


@pytest.mark.parametrize("path", ["/help", "/help/"])
def test_the_help_begins_with_its_index(client, site, path):
    answer = client.get(path, follow_redirects=True)

    assert (answer.status_code, answer.request.path) == (200, "/help/index.html")
    assert "Leadmatch" in answer.text


def test_pages_may_run_and_load_only_what_comes_from_here(client, site):
    answer = client.get("/help/tutorials/ops.html")

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "'unsafe-inline'" not in policy and "default-src 'none'" in policy and "script-src 'self'" in policy


@pytest.mark.parametrize("path", ["/help/nothing.html", "/help/../secret", "/help/%2e%2e/secret", "/help/tutorials"])
def test_other_paths_below_help_are_not_found(client, site, path):
    assert client.get(path).status_code == 404


def test_where_the_help_was_not_built_it_says_how(client, site):
    (site / "index.html").unlink()

    answer = client.get("/help/index.html")

    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "make docs" in answer.text
