"""The solution without an engine: one PostgreSQL query per direction, with a LATERAL subquery for each row.

It scores what we score: deal-breakers as conditions that indexes can serve, all criteria by the formulas of
docs/matching.md (exact ones, where we interpolate between knots), places with their neighbours, wishes and words as
arrays, then ``ORDER BY score DESC LIMIT k``. It is given what makes it fast:

- what depends on one row alone is worked out beforehand and stored in its row: admitted types and room counts, the
  ceiling, shares of weight, what every answer to every wish is worth;
- unknown amounts are stored as 0 or infinity for the conditions, so that none has an OR in it;
- a B-tree over (type, rooms, price) and one over (rooms, price) for leads' queries, a GIN index over (types, rooms)
  and a B-tree over the ceiling for properties' queries; the planner has fresh statistics and chooses;
- everything in memory, nothing written; and, beside one query on one connection, the rows shared out among as many
  connections as we have threads.

It leaves out pairs of one owner, as we do, and knows nothing of pairs acted on.
"""

import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import psycopg2

from matching.engine import criteria
from matching.engine.criteria import DEFAULT_WEIGHTS, PRIOR, UNSTATED_SHARE
from matching.engine.text import TextModel
from matching.facts.columns import LeadColumns, PropertyColumns
from matching.facts.vocabulary import MAX_ROOMS, PROPERTY_TYPES
from matching.facts.wishes import IMPLIED_KINDS, implied_contradictions
from matching.reading.kinds import KINDS
from scripts.benchmarks.bench.market import SyntheticMarket
from scripts.benchmarks.bench.queries import QUERIES
from scripts.launcher.servers.postgres import PostgresServer

#: Criteria in the order of their ``w_...`` columns: a lead's weight of what it states, 0 of what it does not.
WEIGHED = ("price", "location", "rooms", "area", "text", "property_class", "property_type", "condition", "year")

_TABLES = f"""
    CREATE UNLOGGED TABLE lead (
        id integer PRIMARY KEY, owner integer NOT NULL, price_min float8, price_max float8, area_min float8,
        area_max float8, rooms smallint[], property_type smallint, property_class smallint, condition smallint,
        year_min smallint, districts integer[], district_values real[], district_only boolean NOT NULL, metros
        integer[], metro_values real[], metro_only boolean NOT NULL, ceiling float8 NOT NULL, area_floor float8 NOT
        NULL, types smallint[] NOT NULL, admitted_rooms smallint[] NOT NULL, base float8 NOT NULL, whole float8 NOT
        NULL, district_part float8 NOT NULL, metro_part float8 NOT NULL,
        {", ".join(f"w_{name} float8 NOT NULL" for name in WEIGHED)}, wish_kinds integer[], wish_firsts integer[],
        wish_weights float8[], wish_strengths smallint[], may_be smallint[], words integer[], word_shares real[]
    );
    CREATE UNLOGGED TABLE property (
        id integer PRIMARY KEY, owner integer NOT NULL, price float8, area float8, rooms smallint NOT NULL,
        property_type smallint NOT NULL, property_class smallint, condition smallint, district integer, metro integer,
        metro_parts real, year smallint, price_or_0 float8 NOT NULL, area_or_any float8 NOT NULL, answers smallint[],
        refused smallint[], words integer[], word_parts real[]
    );
    CREATE UNLOGGED TABLE answer (slot integer PRIMARY KEY, value float8 NOT NULL, contradicts boolean NOT NULL);
    """

_INDEXES = """
    CREATE INDEX ON property (property_type, rooms, price_or_0);
    CREATE INDEX ON property (rooms, price_or_0);
    CREATE INDEX ON property (district);
    CREATE INDEX ON lead USING gin (types, admitted_rooms);
    CREATE INDEX ON lead (property_type, ceiling);
    CREATE INDEX ON lead (ceiling);
    VACUUM ANALYZE lead;
    VACUUM ANALYZE property;
    VACUUM ANALYZE answer;
    """


@contextmanager
def loaded(market: SyntheticMarket, model: TextModel) -> Iterator[str]:
    """The URL of a PostgreSQL of our own that holds *market*; it and its data are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadmatch-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs under another account
        with PostgresServer(Path(folder) / "postgres", durable=False) as server:
            fill(server.url, market, model)
            yield server.url


def fill(url: str, market: SyntheticMarket, model: TextModel) -> None:
    """Create the two tables in an empty database, with indexes."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '512MB'")
            cursor.execute(_TABLES)
            for table, lines in (
                ("lead", _lead_lines(market.leads, model)),
                ("property", _property_lines(market.properties, model)),
                ("answer", _answer_lines(market.leads)),
            ):
                cursor.copy_expert(f"COPY {table} FROM STDIN (NULL '')", io.StringIO("\n".join(lines) + "\n"))
            for statement in filter(str.strip, _INDEXES.split(";")):
                cursor.execute(statement)


def seconds_for_all(url: str, counts: dict[str, int], k: int, threads: int, sample: int) -> float:
    """
    The seconds for the *k* best of all leads and properties, extrapolated from *sample* rows of each side.

    Args:
        threads: Connections that share the rows.
        counts: How many rows there are of "lead" and of "property".
    """
    total = 0.0
    for side, count in counts.items():
        rows = np.linspace(0, count - 1, min(sample, count)).astype(int).tolist()
        some = rows[: 2 * threads]
        best_of(url, side, some, k, threads)  # not counted: fills the caches, and each connection plans the query
        started = time.perf_counter()
        best_of(url, side, rows, k, threads)
        total += (time.perf_counter() - started) * count / len(rows)
    return total


def best_of(url: str, side: str, rows: Sequence[int], k: int, threads: int) -> list[tuple[int, int, float]]:
    """(row, row of the other side, score) of the *k* best of some rows, best first within each."""

    def ask(part: Sequence[int]) -> list[tuple[int, int, float]]:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SET work_mem = '64MB'")
            cursor.execute(QUERIES[side], {"rows": [int(row) for row in part], "k": k})
            return cursor.fetchall()

    with ThreadPoolExecutor(threads) as pool:
        return [answer for part in pool.map(ask, (rows[each::threads] for each in range(threads))) for answer in part]


def _lead_lines(leads: LeadColumns, model: TextModel) -> Iterator[str]:
    words = model.lead_words(leads.text)
    wishes = leads.wish_table.arrays()
    for row in range(len(leads)):
        word_span = slice(*words.indptr[row : row + 2])
        wish = leads.wish_codes[slice(*leads.wish_indptr[row : row + 2])]
        wish_weights = DEFAULT_WEIGHTS.as_dict()["wish"] * wishes.size[wish]
        yield _line(
            row,
            leads.owner[row],
            *_asked(leads, row),
            *_limits(leads, row),
            *_weighed(leads, row, _stated(leads, row, word_span.start < word_span.stop), wish_weights),
            wishes.kind[wish] + 1,  # PostgreSQL's arrays begin at 1
            wishes.first[wish],
            wish_weights,
            wishes.strength[wish],
            _may_be(leads.property_type[row], wishes.kind[wish]),
            words.codes[word_span],
            words.worth[word_span],
        )


def _asked(leads: LeadColumns, row: int) -> Iterator[float | np.ndarray]:
    """The lead's requirements, field by field; places with their neighbours."""
    yield from (_minimum(leads.price_min[row]), leads.price_max[row])
    yield from (_minimum(leads.area_min[row]), leads.area_max[row])
    yield np.flatnonzero(leads.rooms[row])
    yield from (_or_null(codes[row]) for codes in (leads.property_type, leads.property_class, leads.condition))
    yield leads.year_min[row]
    for kind in ("district", "metro"):
        span = slice(*getattr(leads, f"{kind}_indptr")[row : row + 2])
        yield from (getattr(leads, f"{kind}_codes")[span], getattr(leads, f"{kind}_values")[span])
        yield getattr(leads, f"{kind}_only")[row]


def _limits(leads: LeadColumns, row: int) -> tuple[float | np.ndarray, ...]:
    """The deal-breakers: the highest price, the smallest area, and the accepted types and room counts."""
    area_min, price_max, kind = _minimum(leads.area_min[row]), leads.price_max[row], leads.property_type[row]
    return (
        price_max * criteria.PRICE_LIMIT_PERCENT / 100 if price_max > 0 else np.inf,
        area_min * criteria.AREA_LIMIT_PERCENT / 100 if area_min > 0 else 0.0,
        np.flatnonzero(~np.isnan(criteria.TYPE_VALUES[kind])) if kind >= 0 else np.arange(len(PROPERTY_TYPES)),
        _admitted_rooms(leads.rooms[row]),
    )


def _stated(leads: LeadColumns, row: int, has_words: bool) -> dict[str, bool]:
    """Which of the criteria WEIGHED the lead states."""
    return {
        "price": not (np.isnan(_minimum(leads.price_min[row])) and np.isnan(leads.price_max[row])),
        "location": _names(leads, "district", row) or _names(leads, "metro", row),
        "rooms": bool(leads.rooms[row].any()),
        "area": not (np.isnan(_minimum(leads.area_min[row])) and np.isnan(leads.area_max[row])),
        "text": has_words,
        "property_class": leads.property_class[row] >= 0,
        "property_type": leads.property_type[row] >= 0,
        "condition": leads.condition[row] >= 0,
        "year": not np.isnan(leads.year_min[row]),
    }


def _weighed(leads: LeadColumns, row: int, stated: dict[str, bool], wish_weights: np.ndarray) -> tuple[float, ...]:
    """The points of every property, the total, the parts of districts and stations, and each criterion's weight."""
    weights = DEFAULT_WEIGHTS.as_dict()
    unstated = UNSTATED_SHARE * sum(weights[name] for name in WEIGHED if not stated[name])
    unstated += 0 if len(wish_weights) else UNSTATED_SHARE * weights["wish"]
    shares = [criteria.PLACE_PARTS[kind] * _names(leads, kind, row) for kind in ("district", "metro")]
    return (
        PRIOR * unstated,
        unstated + sum(weights[name] for name in WEIGHED if stated[name]) + wish_weights.sum(),
        *((1 - criteria.LOCATION_BASE) * share / max(sum(shares), 1e-9) for share in shares),
        *(weights[name] if stated[name] else 0.0 for name in WEIGHED),
    )


def _may_be(kind: int, wished_kinds: np.ndarray) -> np.ndarray:
    """The kinds without an implied refusal for a lead with this type of property and wishes of these kinds."""
    wants_room = kind >= 0 and PROPERTY_TYPES[kind] == "ROOM"
    may_be = [code for code in IMPLIED_KINDS if code in wished_kinds or (wants_room and KINDS[code].name == "room")]
    return np.array(may_be, np.int16)


def _names(leads: LeadColumns, kind: str, row: int) -> bool:
    first, after = getattr(leads, f"{kind}_indptr")[row : row + 2]
    return bool(first < after)


def _minimum(bound: float) -> float:
    """A lower bound; 0 means not stated."""
    return bound if bound > 0 else np.nan


def _property_lines(properties: PropertyColumns, model: TextModel) -> Iterator[str]:
    words = model.property_words(properties.text)
    refused = implied_contradictions(properties.answers)
    for row in range(len(properties)):
        word_span = slice(*words.indptr[row : row + 2])
        station = slice(*properties.metro_indptr[row : row + 2])  # one at most, here
        yield _line(
            row,
            properties.owner[row],
            properties.price[row],
            properties.area[row],
            properties.rooms[row],
            properties.property_type[row],
            _or_null(properties.property_class[row]),
            _or_null(properties.condition[row]),
            _or_null(properties.district[row]),
            properties.metro_codes[station].max(initial=-1) if station.start < station.stop else np.nan,
            properties.metro_parts[station].max(initial=0),
            properties.year[row],
            np.nan_to_num(properties.price[row], nan=0.0),
            np.nan_to_num(properties.area[row], nan=np.inf),
            properties.answers[row],
            np.array(IMPLIED_KINDS, np.int16)[refused[row]],
            words.codes[word_span],
            words.worth[word_span],
        )


def _answer_lines(leads: LeadColumns) -> Iterator[str]:
    wishes = leads.wish_table.arrays()
    for slot, (value, contradicts) in enumerate(zip(wishes.values, wishes.contradicts, strict=True)):
        yield _line(slot, value, contradicts)


def _admitted_rooms(wanted: np.ndarray) -> np.ndarray:
    """Room counts that do not break the pair; -1, not known, never breaks it."""
    if not wanted.any():
        return np.arange(-1, MAX_ROOMS + 1)
    return np.concatenate([[-1], np.flatnonzero(~np.isnan(criteria.room_values(wanted[np.newaxis])[0]))])


def _or_null(code: int) -> float:
    return np.nan if code < 0 else code


def _line(*values: float | np.ndarray) -> str:
    return "\t".join(map(_field, values))


def _field(value: float | np.ndarray) -> str:
    if isinstance(value, np.ndarray):
        return "{" + ",".join(map(str, value.tolist())) + "}"
    if isinstance(value, bool | np.bool_):
        return "t" if value else "f"
    if value != value:
        return ""
    if value == float("inf"):
        return "Infinity"
    return str(int(value)) if value == int(value) else repr(float(value))
