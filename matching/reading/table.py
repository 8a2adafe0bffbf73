"""The table of kinds for docs/reading.md, generated so that the page always agrees with the grammar."""

from matching.reading.grammar import ENTRIES
from matching.reading.kind import Kind
from matching.reading.kinds import KINDS

GROUPS: dict[str, str] = {
    "floor": "Floor",
    "plan": "Rooms and plan",
    "house": "House",
    "outside": "Outside",
    "tenants": "Who may live there",
    "furnishing": "Furnishing",
    "deal": "Deal and terms",
    "refusal": "Refusals",
}


def kinds_table() -> str:
    """All kinds as Markdown, one table per group: name, description, values, and an example from a lead's text."""
    lines: list[str] = []
    for group, title in GROUPS.items():
        lines += [f"### {title}", "", "| kind | what it is | values | a lead's words |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{kind.name}` | {kind.label}{_implied(kind)} | {_values(kind)} | {_example(kind)} |"
            for kind in KINDS
            if kind.group == group
        ]
        lines.append("")
    return "\n".join(lines)


def _values(kind: Kind) -> str:
    if kind.form == "flag":
        return "yes, no"
    if kind.form == "choice":
        return ", ".join(kind.choices) + (" (several at once)" if kind.many else "")
    unit = {"": "a number", "m2": "m²"}.get(kind.unit, kind.unit)
    tolerance = f"{kind.tolerance * 100:g} %" if kind.relative else f"{kind.tolerance:g}"
    return f"{unit}; worth nothing {tolerance} past the limit"


def _implied(kind: Kind) -> str:
    return "; refused unless asked for" if kind.implied is not None else ""


def _example(kind: Kind) -> str:
    return next(
        f"«{text}»"
        for entry in ENTRIES
        if entry.kind == kind.name
        for text, value in entry.lead.items()
        if value is not None
    )
