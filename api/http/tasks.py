"""Queue tasks for workers. Each task is sent after the request's commit, and not at all if the request fails."""

from functools import partial
from uuid import UUID

from api.http.db import after_commit
from api.http.services import services
from models.accounts.account_exports import AccountExport
from models.deals.match_table import Match
from models.market.leads import Lead
from models.market.properties import Property
from models.rescoring.runs import RescoringRun
from models.sources.tables import Import
from worker.queue.client import Client


def rescore_lead(lead: Lead) -> None:
    """Update the lists that this lead affects."""
    after_commit(lambda: _client().lead_changed(lead.id))


def count_relaxations(lead: Lead) -> None:
    """Count how many more properties this lead would have without each of its limits and wishes."""
    after_commit(lambda: _client().relaxations_wanted(lead.id))


def rescore_property(listing: Property) -> None:
    """Update the lists that this property affects."""
    after_commit(lambda: _client().property_changed(listing.id))


def rescore_properties(property_ids: list[int]) -> None:
    """Update the lists that these properties affect."""
    after_commit(partial(_client().properties_changed, property_ids))


def rescore_pair(match: Match) -> None:
    """Update the lists that both rows of a match affect."""
    rescore_lead(match.lead)
    rescore_property(match.property)


def make_export(export: AccountExport) -> None:
    """Make the export of an account."""
    after_commit(lambda: _client().export_requested(export.id))


def run_import(imported: Import) -> None:
    """Run an import."""
    after_commit(lambda: _client().import_requested(imported.id))


def score_prospect(prospect_id: UUID) -> None:
    """Compute a prospect's quality."""
    after_commit(lambda: _client().prospect_changed(str(prospect_id)))


def send_reply(message_id: UUID) -> None:
    """Send a reply to its prospect."""
    after_commit(lambda: _client().reply_written(str(message_id)))


def score_prospects() -> None:
    """Compute the quality of all changed prospects."""
    after_commit(lambda: _client().prospects_changed())


def start_run(run: RescoringRun) -> None:
    """Start a rescoring run."""
    after_commit(lambda: _client().run_requested(run.id))


def continue_run(run: RescoringRun, shard_ids: list[int]) -> None:
    """Score these shards of a run. Without shards, the run failed before it had any, and it is started again."""
    for shard_id in shard_ids:
        after_commit(partial(_client().shard_queued, shard_id))
    if not shard_ids:
        start_run(run)


def send_code(code_id: int) -> None:
    """Send an activation code by SMS."""
    after_commit(lambda: _client().code_made(code_id))


def send_link(link_id: int) -> None:
    """Send a one-time link by e-mail."""
    after_commit(lambda: _client().link_made(link_id))


def _client() -> Client:
    return services().worker
