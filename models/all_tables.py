"""Imports all tables, so that every foreign key and relationship can be resolved.

Programs that open sessions import this module first; commands without tables save the time of importing it.
"""

from models.accounts import (
    api_keys,
    audit,
    bot_tables,
    identity,
    links,
    notifications,
    phone_codes,
    sessions,
    tokens,
    uploads,
    users,
)
from models.agencies import former_owner_notes
from models.agencies import tables as agency_tables
from models.agenda import following, history, settings, shortlist
from models.agenda import tasks as lead_tasks
from models.core.base import Base
from models.deals import actions, chats, feed, inquiries, match_table, selections, weights
from models.leadgen import ads, campaigns, messages, niches, prospects, quality
from models.market import (
    account_status,
    advert_groups,
    client_keys,
    documents,
    favorites,
    leads,
    price_history,
    properties,
    rates,
    tags,
    town_aliases,
    unscorable,
)
from models.market.search import own_texts, saved, text_search
from models.platform import idempotency
from models.ranking import closeness, display_order, recommendations, relaxations
from models.rescoring import attempts, partial_lists, runs
from models.sources import outgoing, photos, refusals, tables
from models.upkeep import erasure, market_days, samples
from models.webhooks import tables as webhook_tables

__all__ = ["Base"]
