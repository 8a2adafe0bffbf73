"""The commission of a deal in words: who pays whom, as a share of the price and as a sum."""

from dataclasses import dataclass
from decimal import Decimal

from api.console.kit.formatting import money, number
from api.console.kit.i18n import translate
from models.core.enums import DealType, NegotiationStatus, Side
from models.deals.match_board import BoardMatch
from models.market.properties import Property


@dataclass(frozen=True)
class CommissionLine:
    """One side's proposal of the commission: its author, the share, and the sum if the price is known."""

    label: str
    share: str
    sum: str | None


def commission_lines(board: BoardMatch) -> list[CommissionLine]:
    """The proposals of both sides, or the agreed commission; empty if nobody has proposed one.

    The property's realtor pays it to the lead's realtor, as a share of the price, or of a month's rent.
    """
    match, listing = board.match, board.match.property
    by_lead = board.side is Side.LEAD
    mine, theirs = match.proposed_by_lead, match.proposed_by_property
    if not by_lead:
        mine, theirs = theirs, mine
    if match.negotiation_status is NegotiationStatus.AGREED:
        label = translate("Agreed: you receive") if by_lead else translate("Agreed: you pay")
        return [] if mine is None else [line(label, mine, listing)]
    lines = []
    if mine is not None:
        lines.append(line(translate("You ask for") if by_lead else translate("You would pay them"), mine, listing))
    if theirs is not None:
        lines.append(line(translate("They would pay you") if by_lead else translate("They ask for"), theirs, listing))
    return lines


def line(label: str, share: Decimal, listing: Property) -> CommissionLine:
    """*share* per cent of the property's price, in words and as a sum."""
    rent = listing.deal_type is DealType.RENT
    shown = number(share, 2)
    words = (
        translate("{share}% of a month's rent", share=shown)
        if rent
        else translate("{share}% of the price", share=shown)
    )
    return CommissionLine(label, words, commission_sum(share, listing))


def commission_sum(share: Decimal | None, listing: Property) -> str | None:
    """*share* per cent of the price, in whole units of its currency; None if price or share is unknown."""
    if share is None or not listing.price:
        return None
    return money((listing.price * share / 100).quantize(Decimal(1)), listing.currency)
