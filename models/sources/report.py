"""The result of an import for its owner: counts, and each offer that was refused or read with a guess."""

from dataclasses import dataclass, field
from typing import Any

from models.core.enums import DealType
from models.core.errors import Fault
from models.sources.formats.offer import Entry, Remark

#: The maximum number of stored remarks of each kind; the counts include all.
MAX_REMARKS = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A remark about one offer."""

    line: int
    external_id: str
    remark: Remark

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.line or None,
            "id": self.external_id or None,
            "field": self.remark.field,
            **_as_stored(self.remark.reason),
            "read": self.remark.read,
        }

    def __str__(self) -> str:
        location = f"line {self.line}" if self.line else "?"
        return f"{location}{f', id {self.external_id}' if self.external_id else ''}: {self.remark}"


@dataclass
class Report:
    """
    The outcome of an import, or the predicted outcome of a dry run.

    `offers` = new + changed + unchanged + returned + off_market + refused; `withdrawn` are listings that left the
    market, `held` those that are missing and wait for a person's decision.
    """

    kind: str = ""
    dialect: str = ""
    offers: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    returned: int = 0
    withdrawn: int = 0
    off_market: int = 0
    refused: int = 0
    guessed: int = 0
    held: int = 0
    #: Why the import failed or waits.
    reason: Fault | None = None
    refusals: list[Line] = field(default_factory=list)
    guesses: list[Line] = field(default_factory=list)
    #: For a table: its columns' names -> the fields that they were recognised as, "" for none.
    columns: dict[str, str] = field(default_factory=dict)
    #: For a table: its columns' names -> the contents of their first cells. Stored only for dry runs and failed
    #: imports.
    samples: dict[str, list[str]] = field(default_factory=dict)
    #: Tags or columns that were not read -> the number of offers with them.
    ignored_fields: dict[str, int] = field(default_factory=dict)
    #: Reason of refusal, "field: code" -> number of offers, including those without a stored remark.
    refused_for: dict[str, int] = field(default_factory=dict)
    #: Reason of refusal -> the first such remark.
    examples: dict[str, Remark] = field(default_factory=dict)
    #: Markets (city key, deal type) whose lists change.
    markets: set[tuple[str, DealType]] = field(default_factory=set)

    @property
    def accepted(self) -> int:
        """The number of offers that are on the market after this import."""
        return self.new + self.changed + self.unchanged + self.returned

    def note(self, offer: Entry) -> None:
        """Count an offer and keep its remarks."""
        self.offers += 1
        if offer.faults:
            self.refused += 1
            first = offer.faults[0]
            refusal = f"{first.field}: {first.reason}"
            if refusal in self.refused_for or len(self.refused_for) < MAX_REMARKS:
                self.refused_for[refusal] = self.refused_for.get(refusal, 0) + 1
                self.examples.setdefault(refusal, first)
            _keep(self.refusals, offer, offer.faults)
        self.guessed += len(offer.guesses)
        _keep(self.guesses, offer, offer.guesses)

    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        names = ("offers", "new", "changed", "unchanged", "returned", "withdrawn", "off_market")
        return {name: getattr(self, name) for name in (*names, "refused", "guessed", "held")}

    def as_json(self) -> dict[str, Any]:
        """The data that an import's row stores in addition to the counts."""
        return {
            "kind": self.kind,
            "dialect": self.dialect,
            "columns": self.columns,
            "column_order": list(self.columns),  # the database does not keep the order of an object's members
            "samples": self.samples,
            "refused": [line.as_json() for line in self.refusals],
            "guessed": [line.as_json() for line in self.guesses],
            "refused_for": self.refused_for,
            "passed_over": dict(list(self.ignored_fields.items())[:MAX_REMARKS]),
        }


def _as_stored(reason: str) -> dict[str, Any]:
    """A reason in its stored form: a code of the catalogue and its facts."""
    stored = Fault.as_json(reason) if isinstance(reason, Fault) else {"code": reason, "facts": {}}
    return {"reason": stored["code"]} | ({"facts": stored["facts"]} if stored["facts"] else {})


def _keep(lines: list[Line], offer: Entry, remarks: list[Remark]) -> None:
    for remark in remarks[: max(0, MAX_REMARKS - len(lines))]:
        lines.append(Line(offer.line, offer.external_id, remark))
