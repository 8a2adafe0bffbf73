"""What requests ask of the workers: each asks once its writes are committed, and not at all if they are not."""

from functools import partial
from uuid import UUID

from api.http.db import after_commit
from api.http.services import services
from models.accounts.account_exports import AccountExport
from models.deals.matches import Match
from models.market.leads import Lead
from models.market.properties import Property
from models.rescoring.runs import RescoringRun
from models.sources.tables import Import
from worker.queue.client import Client


def rescore_lead(lead: Lead) -> None:
    """Have the lists that this lead touches made right."""
    after_commit(lambda: _client().lead_changed(lead.id))


def count_relaxations(lead: Lead) -> None:
    """Have it counted what the limits and wishes of this lead cost it."""
    after_commit(lambda: _client().relaxations_wanted(lead.id))


def rescore_property(listing: Property) -> None:
    """Have the lists that this property touches made right."""
    after_commit(lambda: _client().property_changed(listing.id))


def rescore_properties(property_ids: list[int]) -> None:
    """Have the lists that these properties touch made right."""
    for property_id in property_ids:
        after_commit(partial(_client().property_changed, property_id))


def rescore_pair(match: Match) -> None:
    """Have the lists that both rows of a match touch made right."""
    rescore_lead(match.lead)
    rescore_property(match.property)


def make_export(export: AccountExport) -> None:
    """Have the export of an account made."""
    after_commit(lambda: _client().export_requested(export.id))


def run_import(imported: Import) -> None:
    """Have an import done."""
    after_commit(lambda: _client().import_requested(imported.id))


def score_prospect(prospect_id: UUID) -> None:
    """Have a prospect's quality computed."""
    after_commit(lambda: _client().prospect_changed(str(prospect_id)))


def send_reply(message_id: UUID) -> None:
    """Have a reply sent to its prospect."""
    after_commit(lambda: _client().reply_written(str(message_id)))


def score_prospects() -> None:
    """Have the quality of all prospects that changed computed."""
    after_commit(lambda: _client().prospects_changed())


def start_run(run: RescoringRun) -> None:
    """Have a rescoring run started."""
    after_commit(lambda: _client().run_requested(run.id))


def go_on_with_run(run: RescoringRun, shard_ids: list[int]) -> None:
    """Have these shards of a run scored; without any it failed before it had some, and is started anew."""
    for shard_id in shard_ids:
        after_commit(partial(_client().shard_queued, shard_id))
    if not shard_ids:
        start_run(run)


def send_code(code_id: int) -> None:
    """Have an activation code sent by SMS."""
    after_commit(lambda: _client().code_made(code_id))


def send_link(link_id: int) -> None:
    """Have a one-time link sent by e-mail."""
    after_commit(lambda: _client().link_made(link_id))


def _client() -> Client:
    return services().worker
