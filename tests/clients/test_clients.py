"""
Third-party tools accept the OpenAPI document: two linters, and two generators whose clients do the main job against the
served system.

Part of `make clients`: the tools are installed once from npm and PyPI into build/clients. If those are unreachable, or
node is missing, the tests are skipped with that reason.
"""

import json
import os
import shutil

import pytest

from tests.clients.conftest import HERE, ran

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]


def test_spectral_finds_no_fault(npm, document, tmp_path):
    shutil.copy(HERE / "spectral.yaml", tmp_path)

    ran(npm / "spectral", "lint", "-r", "spectral.yaml", "--fail-severity", "hint", document, cwd=tmp_path)


def test_redocly_finds_no_fault(npm, document, tmp_path):
    shutil.copy(HERE / "redocly.yaml", tmp_path)

    report = ran(npm / "redocly", "lint", "--format", "json", document, cwd=tmp_path)
    assert json.loads(report)["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_a_generated_python_client_does_the_main_job(generator, document, served, tmp_path):
    ran(
        generator, "generate", "--path", document, "--output-path", tmp_path / "leadmatch_client", "--meta", "none",
        cwd=tmp_path,
    )  # fmt: skip
    shutil.copy(HERE / "main_job.py", tmp_path)

    assert ran(generator.parent / "python", "main_job.py", served, cwd=tmp_path).startswith("matched ")


def test_a_generated_typescript_client_passes_strict_checks_and_does_the_main_job(npm, document, served, tmp_path):
    for name in ("main_job.ts", "tsconfig.json", "node.d.ts"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(npm.parent)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ran(npm / "openapi-typescript", document, "-o", "api.ts", cwd=tmp_path)
    types = (tmp_path / "api.ts").read_text().partition("export interface components")[2]
    assert "Record<string, never>" not in types.partition("export type $defs")[0]

    ran(npm / "tsc", "-p", ".", cwd=tmp_path)

    assert ran("node", "main_job.js", served, cwd=tmp_path).startswith("matched ")
