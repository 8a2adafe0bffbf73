"""Compares the rows that an import reads from a case with the expected ones."""

from decimal import Decimal
from typing import Any

from models.market.places import city_of
from models.sources.columns import columns_of
from models.sources.formats.feed import open_feed
from models.sources.formats.offer import FeedError, Request
from tests.models.sources.unseen.cases import OFF


def differences(case, path) -> list[str]:
    """The differences between the result of a file and the expected one, one a line; empty if there are none."""
    path.write_bytes(case.data)
    try:
        feed = open_feed(path, case.kind if not case.fails else None, case.mapping, of_leads=case.of_leads)
        feed.check()
        entries = list(feed.entries())
        columns = [{} if isinstance(each, Request) else columns_of(each, case.city) for each in entries]
    except FeedError as error:
        if case.fails in ("*", error.fault):
            return []
        return [f"the file is refused: {error.fault}"]
    if case.fails == "feed.none_taken":
        return [f"{each.external_id} is taken" for each in entries if not each.faults]
    if case.fails:
        return [f"the file is read as {feed.kind}, {len(entries)} offers"]
    wrong, seen = [], set()
    for each, row in zip(entries, columns, strict=True):
        name = each.external_id or f"line {each.line}"
        if name in seen:
            name += " again"
        else:
            seen.add(name)
        wanted = case.expected.get(name)
        if wanted is None:
            wrong.append(f"{name}: not expected; faults {[str(fault) for fault in each.faults]}")
            continue
        if name.endswith(" again"):
            continue  # the store refuses it
        wrong += [f"{name}: {line}" for line in _of_offer(each, row, wanted)]
    missing = {name for name in case.expected if not name.endswith(" again")} - seen
    wrong += [f"{name}: not there" for name in missing]
    guessed = {remark.field for each in entries for remark in each.guesses}
    wrong += [f"guess of {name} is not told" for name in case.guessed if name not in guessed]
    if case.ignored_fields is not None:
        over = feed.notes.ignored_fields
        wrong += [f"{name} passed over, not told: {list(over)}" for name in case.ignored_fields if name not in over]
    return wrong


def _of_offer(each, row, wanted: Any) -> list[str]:
    faults = [str(fault) for fault in each.faults]
    if isinstance(wanted, tuple):
        reported = {fault.field for fault in each.faults}
        return [] if reported == set(wanted) else [f"refused for {faults or 'nothing'}, not for {wanted}"]
    if faults:
        return [f"refused: {faults}"]
    if isinstance(each, Request):
        return [
            f"{name} is {read!r}, not {value!r}"
            for name, value in wanted.items()
            if not _same(name, read := each.fields.get(name), value)
        ]
    if wanted == OFF:
        return ["on the market"] if each.on_market else []
    wrong = [] if each.on_market else [f"off the market ({each.status})"]
    for name, value in wanted.items():
        read = _read(each, row, name)
        if not _same(name, read, value):
            wrong.append(f"{name} is {read!r}, not {value!r}")
    return wrong


def _read(each, row, name: str) -> Any:
    match name:
        case "city" | "currency":
            return row[name]
        case "stations":
            return [(station.name, station.minutes, station.by_transport) for station in each.stations]
        case "photos":
            return [(photo.url, photo.kind) for photo in each.photos]
        case "facts":
            return row["facts"]
        case _:
            return getattr(each, name)


def _same(name: str, read: Any, value: Any) -> bool:
    if name == "facts":
        return all(read.get(kind) == fact for kind, fact in value.items())
    if name == "city" and read and value:
        return city_of(read).key == city_of(value).key
    if isinstance(value, str) and isinstance(read, (Decimal, int)):
        return Decimal(value) == read
    if isinstance(value, str) and read is not None and hasattr(read, "value"):
        return read.value == value
    return read == value
