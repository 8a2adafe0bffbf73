"""Events for live readers, published after the commit. A failure to publish never fails the write."""

import logging
from typing import Any
from uuid import UUID

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.http import live_updates
from api.http.db import after_commit, session
from api.http.services import services
from api.leadgen.schemas import amount
from models.core.errors import NotFoundError
from models.leadgen.campaigns import Campaign
from models.leadgen.earnings import campaign_with_figures
from models.leadgen.events import CHANGED, EventKind, publish
from models.leadgen.prospects import Prospect

log = logging.getLogger(__name__)


def announce(kind: EventKind, **data: Any) -> None:
    """Publish an event after the commit."""
    after_commit(lambda: _publish(kind, data))


def announce_campaign(campaign: Campaign) -> None:
    """Publish a campaign's new status after the commit."""
    announce(
        EventKind.CAMPAIGN_STATUS,
        campaign_id=str(campaign.id),
        niche_id=str(campaign.niche_id),
        status=campaign.status,
    )


def announce_prospect(kind: EventKind, prospect: Prospect, **more: Any) -> None:
    """Publish an event about a prospect, and its campaign's figures, after the commit."""
    announce(
        kind,
        lead_id=str(prospect.id),
        campaign_id=prospect.campaign_id and str(prospect.campaign_id),
        niche_id=prospect.niche_id and str(prospect.niche_id),
        **more,
    )
    announce_stats(prospect.campaign_id)


def announce_stats(campaign_id: UUID | None) -> None:
    """Publish a campaign's figures after the commit."""
    if campaign_id is not None:
        after_commit(lambda: _publish_stats(campaign_id))


def announce_change() -> None:
    """Make the console's pages of lead generation reload after the commit, for a change without an event of its own."""
    after_commit(lambda: live_updates.notify(services().redis, CHANGED))


def _publish_stats(campaign_id: UUID) -> None:
    try:
        row = campaign_with_figures(session(), campaign_id)
    except (NotFoundError, SQLAlchemyError) as error:
        log.warning("stats_update_not_sent", extra={"campaign_id": str(campaign_id), "kind": type(error).__name__})
        return
    total = row.total
    data = {
        "campaign_id": str(campaign_id),
        "niche_id": str(row.campaign.niche_id),
        "spent": amount(total.spend),
        "total_leads": total.leads,
        "qualified_leads": total.qualified,
        "cpl": amount(total.cpl),
        "conversion_rate": amount(total.conversion_rate),
    }
    _publish(EventKind.CAMPAIGN_STATS, data)


def _publish(kind: EventKind, data: dict[str, Any]) -> None:
    try:
        publish(services().redis, kind, data)
    except RedisError as error:
        log.warning("event_not_published", extra={"announced": kind, "kind": type(error).__name__})
