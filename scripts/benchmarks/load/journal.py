"""Comparison of acknowledged writes with the database."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import ActionKind, Side
from models.deals.actions import Action
from models.market.leads import Lead


@dataclass
class Journal:
    """Writes that were acknowledged: ids of leads, and (lead, property) liked by the lead's side."""

    leads: list[int] = field(default_factory=list)
    likes: list[tuple[int, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.leads) + len(self.likes)

    def __iadd__(self, other: "Journal") -> "Journal":
        self.leads += other.leads
        self.likes += other.likes
        return self


def lost(session: Session, journal: Journal) -> list[str]:
    """Return descriptions of the acknowledged writes that the database lacks."""
    leads = set(session.scalars(select(Lead.id).where(Lead.id.in_(journal.leads))))
    liked = select(Action.lead_id, Action.property_id).where(
        Action.lead_id.in_([lead_id for lead_id, _ in journal.likes]),
        Action.side == Side.LEAD,
        Action.kind == ActionKind.LIKE,
    )
    likes = {tuple(row) for row in session.execute(liked)}
    return [f"lead {lead_id}" for lead_id in journal.leads if lead_id not in leads] + [
        f"like of property {property_id} for lead {lead_id}"
        for lead_id, property_id in journal.likes
        if (lead_id, property_id) not in likes
    ]
