"""
Templates, compiled once for all processes: compiling one takes some ten milliseconds, and a page has up to fifteen.

The server compiles all of them before it forks, so that the first visitor of a page in each process does not wait.
"""

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

#: (name, file) of a template -> its bytecode, and a checksum of its source.
_codes: dict[str, tuple[str, CodeType]] = {}


class _SharedBytecode(BytecodeCache):
    """Bytecode that this process and those forked from it share."""

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = _codes.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            _codes[bucket.key] = (bucket.checksum, bucket.code)


def configure_templates(app: Flask) -> None:
    """Configure the syntax and the compilation of the application's templates."""
    # Template tags on lines of their own produce no empty lines.
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = _SharedBytecode()


def compile_templates() -> int:
    """Compile every template of the application; returns how many there are. Takes a second."""
    app = Flask("api", static_folder=None)
    configure_templates(app)
    names = app.jinja_env.list_templates(extensions=["html"])
    for name in names:
        app.jinja_env.get_template(name)
    return len(names)
