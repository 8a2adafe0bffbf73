"""Leads and properties of several realtors, and the actions on their pairs."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification, NotificationType
from models.core.enums import ActionKind, MatchStatus, Side, Status
from models.deals.match_table import Match
from models.deals.matches import act
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property, make_user

LIKE, DISLIKE = ActionKind.LIKE, ActionKind.DISLIKE
COMPLETED, ACCEPTED, REJECTED, PENDING = (
    MatchStatus.COMPLETED,
    MatchStatus.ACCEPTED,
    MatchStatus.REJECTED,
    MatchStatus.PENDING,
)


class Market:
    """Leads of buyers and properties of sellers, each with another owner, and the actions on their pairs."""

    def __init__(self, session: Session, count: int = 2) -> None:
        self.session = session
        self.buyers = [make_user(session) for _ in range(count)]
        self.sellers = [make_user(session) for _ in range(count)]
        self.leads = [make_lead(session, buyer) for buyer in self.buyers]
        self.properties = [make_property(session, seller) for seller in self.sellers]

    def like(self, lead: int, listing: int, *, by: str = "both") -> Match:
        """The match after a like of one side (`by`: lead, property) or of both."""
        pair = {"lead_id": self.leads[lead].id, "property_id": self.properties[listing].id, "kind": LIKE}
        match = None
        if by in ("lead", "both"):
            match = act(self.session, self.buyers[lead], Side.LEAD, **pair)
        if by in ("property", "both"):
            match = act(self.session, self.sellers[listing], Side.PROPERTY, **pair)
        assert match is not None
        return match

    def notifications_of(self, user, type_: NotificationType) -> int:
        query = select(func.count()).where(Notification.user_id == user.id, Notification.type == type_)
        return self.session.scalar(query)

    @property
    def on_market(self) -> list[bool]:
        """Whether each lead, then each property, is on the market."""
        return [row.status is Status.ACTIVE for row in (*self.leads, *self.properties)]


def violations(session: Session) -> list[str]:
    return [result.rule.key for result in check_all(session) if result.count]


def others_of(session: Session, deal: Match) -> list[Match]:
    """All matches except *deal*, oldest first."""
    return list(session.scalars(select(Match).where(Match.id != deal.id).order_by(Match.id)))
