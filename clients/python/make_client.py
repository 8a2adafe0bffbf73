"""
Put the client together: `python make_client.py GENERATOR DOCUMENT FOLDER` copies it to FOLDER and runs GENERATOR, the
command openapi-python-client, which generates code from DOCUMENT. `make client` calls it.

The generated code is not in the repository: the next change of the API would make it stale.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def put_together(generator: Path, document: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__", "generated", "make_client.py"))
    generated = folder / "leadmatch_client" / "generated"
    command = [generator, "generate", "--path", document, "--output-path", generated, "--meta", "none"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stdout + made.stderr)  # also lists the content types that it skips


if __name__ == "__main__":
    put_together(*(Path(argument).resolve() for argument in sys.argv[1:]))
