"""An offer: one listing of a file in our own terms, independent of the file's format."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.core.enums import Condition, DealType, PropertyClass, PropertyType
from models.core.errors import UnusableError

#: The maximum length of an unreadable value in a remark.
LONGEST_READ = 100  # characters


class FeedError(UnusableError):
    """The file as a whole cannot be read as listings; nothing of it is stored."""

    def __init__(
        self, fault: str, columns: dict[str, str] | None = None, samples: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(fault)
        #: For a table: its columns' names -> the fields that they were recognised as, "" for none.
        self.columns = columns or {}
        #: For a table: its columns' names -> the contents of their first cells.
        self.samples = samples or {}


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark about one field of an offer: why it is refused, or how a doubtful value was read.

    `reason` is a code of the catalogue; a Fault if its sentence has facts.
    """

    field: str
    reason: str
    read: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" + (f" ({self.read})" if self.read else "")


@dataclass(frozen=True, slots=True)
class Station:
    """A station near a home. `minutes` are on foot unless `by_transport`."""

    name: str
    minutes: int | None = None
    by_transport: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    """The address of a picture and what it shows: "photo", "plan", "floor_plan" or "facade"."""

    url: str
    kind: str = "photo"


@dataclass(slots=True)
class Entry:
    """One row or element of a file, with remarks."""

    line: int  #: The line where it begins (XML) or ends (tables); 1 is the first.
    external_id: str = ""  #: As in the file: `007` and `7` differ.
    faults: list[Remark] = field(default_factory=list)  #: Why it is refused; empty if it is not.
    guesses: list[Remark] = field(default_factory=list)  #: Values that count as unknown or were read with a guess.

    def refuse(self, name: str, reason: str, read: object = "") -> None:
        """Record why this offer cannot be imported."""
        self.faults.append(Remark(name, reason, _shortened(read)))

    def guess(self, name: str, reason: str, read: object = "") -> None:
        """Record how a doubtful value was read."""
        self.guesses.append(Remark(name, reason, _shortened(read)))


@dataclass(slots=True)
class Request(Entry):
    """One client's demand. `fields` are columns of :class:`models.market.leads.Lead`; absent: not stated."""

    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Offer(Entry):
    """
    One listing. ``None`` and empty values mean that the file does not state them.

    Areas are in square metres. Money is for the whole object; for a rental it is the month's rent, unless `per_day`.
    """

    deal_type: DealType | None = None
    property_type: PropertyType | None = None
    price: Decimal | None = None
    currency: str | None = None  #: ISO 4217.
    per_day: bool = False
    area: Decimal | None = None
    living_area: Decimal | None = None
    kitchen_area: Decimal | None = None
    land_area: Decimal | None = None
    rooms: int | None = None  #: 0 is a studio.
    floor: int | None = None
    total_floors: int | None = None
    year_built: int | None = None
    city: str | None = None
    region: str | None = None
    district: str | None = None
    street: str | None = None
    house_number: str | None = None
    address: str | None = None  #: The whole address as one text.
    stations: list[Station] = field(default_factory=list)  #: In the file's order.
    latitude: Decimal | None = None  #: Degrees north.
    longitude: Decimal | None = None  #: Degrees east.
    title: str | None = None
    description: str | None = None
    property_class: PropertyClass | None = None
    condition: Condition | None = None
    market: str | None = None  #: "new" or "resale".
    photos: list[Photo] = field(default_factory=list)
    #: Facts of the file beyond the columns, by the names of kinds of facts.
    facts: dict[str, Any] = field(default_factory=dict)
    #: Values of single formats that are kept unchanged.
    attributes: dict[str, Any] = field(default_factory=dict)
    on_market: bool = True
    status: str | None = None  #: The file's own word, if it has one.


@dataclass
class Notes:
    """A reader's notes about a file as a whole."""

    kind: str = ""  #: "yrl", "cian", "avito", "csv" or "xlsx".
    dialect: str = ""  #: The recognised dialect, for display.
    #: For a table: its columns' names -> the fields that they were recognised as, "" for none.
    columns: dict[str, str] = field(default_factory=dict)
    #: For a table: its columns' names -> the contents of their first cells.
    samples: dict[str, list[str]] = field(default_factory=dict)
    #: Columns of tables -> the number of rows with a value in them.
    met: Counter[str] = field(default_factory=Counter)
    #: (path of an element, names of its children) -> number of occurrences; feeds have few such combinations.
    shapes: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    #: Path of an element -> names of its children that were looked up.
    read_names: dict[str, set[str]] = field(default_factory=dict)
    #: The moment with which offers' last days are compared; None: the current time.
    now: datetime | None = None

    def read_names_of(self, path: str) -> set[str]:
        """The names looked up below *path*, to add to."""
        return self.read_names.setdefault(path, set())

    @property
    def ignored_fields(self) -> dict[str, int]:
        """Tags or columns that were present and not read, with their counts, most frequent first."""
        counts = Counter(self.met)
        for (path, names), count in self.shapes.items():
            read_names = self.read_names.get(path, set())
            for name in names:
                if name not in read_names:
                    counts[path + name] += count
        return dict(counts.most_common())


def _shortened(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_READ else text[: LONGEST_READ - 1] + "…"
