"""Several leads or properties at once: into the archive and out of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Side, Status
from models.market.leads import archive_lead, restore_lead
from models.market.properties import archive_property, restore_property
from models.market.tags import TAGGED


def move_several(session: Session, owner: User, side: Side, row_ids: Sequence[int], status: Status) -> list[Any]:
    """
    Archive, or put back on the market, those of the rows that are the owner's; the rows that were not so before.

    They are locked in the order of their ids, so that two such requests wait for each other instead of failing.
    """
    table = TAGGED[side][0]
    query = select(table).where(table.id.in_(row_ids), table.owner_id == owner.id, table.status != status)
    rows = list(session.scalars(query.order_by(table.id).with_for_update()))
    if side is Side.LEAD:
        move: Any = archive_lead if status is Status.ARCHIVED else restore_lead
    else:
        move = archive_property if status is Status.ARCHIVED else restore_property
    for row in rows:
        move(session, row)
    return rows
