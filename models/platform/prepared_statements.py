"""Statements that PostgreSQL plans once per connection instead of every time.

Planning a join of five tables by their keys takes longer than executing it. psycopg2 never prepares statements; here,
those that have the execution option `prepared` are prepared at their first use on a connection, and then
executed by name. This suits statements with a constant text whose best plan does not depend on the values.

A prepared statement lives as long as its connection, so PgBouncer needs session mode. PostgreSQL replans it when one of
its tables changes, and refuses it when the types of its result columns change: an upgrade in two steps never changes
them under running code.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class _CompiledOnce(dict[Any, Any]):
    """
    Compiled forms of statements that are always the same objects.

    SQLAlchemy's own cache hashes the whole statement to find it, which was a ninth of the work for a page. This cache
    finds it by the identity of the object.
    """

    #: More entries than needed: the number of statements times the engines of a process.
    maximum = 400

    def get(self, key: Any, default: Any = None) -> Any:
        statement, compiled = super().get(self._short(key), (None, default))
        return compiled if statement is key[1] else default

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= self.maximum:
            self.clear()
        # The statement itself is stored too, so that its address cannot be reused.
        super().__setitem__(self._short(key), (key[1], compiled))

    @staticmethod
    def _short(key: Any) -> Any:
        dialect, statement, *more = key
        return (dialect, id(statement), *more)


#: Options for the execution of a statement that is built once and used repeatedly. A statement's own option
#: `prepared=True` also prepares it; SQLAlchemy accepts the cache only at execution.
COMPILED_ONCE: Mapping[str, Any] = {"compiled_cache": _CompiledOnce()}
PREPARED: Mapping[str, Any] = {"prepared": True, **COMPILED_ONCE}


def execute(cursor: Any, statement: str, parameters: Any, info: MutableMapping[Any, Any]) -> None:
    """
    Execute *statement* by its name, prepared if it is not yet.

    Args:
        parameters: Values by the names of psycopg2's placeholders.
        info: Data about the connection of *cursor*, kept as long as it is open.
    """
    known: dict[str, tuple[str, list[str]]] = info.setdefault("prepared", {})
    if statement in known:
        by_name, names = known[statement]
        # Values are passed by position, because psycopg2 decodes the name of each placeholder.
        cursor.execute(by_name, [parameters[name] for name in names])
        return
    # Every attempt gets its own number, because a failed one may have left its name behind.
    info["prepared_tries"] = info.get("prepared_tries", 0) + 1
    name = f"leadmatch_{info['prepared_tries']}"
    planned, names = numbered(statement)
    by_name = f"EXECUTE {name}" + (f"({', '.join(['%s'] * len(names))})" if names else "")
    cursor.execute(f"PREPARE {name} AS {planned}; {by_name}", [parameters[name] for name in names])
    known[statement] = by_name, names


def numbered(statement: str) -> tuple[str, list[str]]:
    """
    Replace psycopg2's named placeholders by the numbers of PREPARE; also return the names in order of their numbers.

    >>> numbered("SELECT 1 FROM leads WHERE id = %(lead)s AND owner_id = %(owner)s OR id < %(lead)s")
    ('SELECT 1 FROM leads WHERE id = $1 AND owner_id = $2 OR id < $1', ['lead', 'owner'])
    """
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACEHOLDER.sub(number, statement), names
