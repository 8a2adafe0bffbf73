"""A market scored in tiles and merged has the lists of a market scored as a whole, whatever happens meanwhile."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, text

from matching.engine.blocks import BLOCK_SIZE
from models.core.enums import RunScope, RunState, Side
from models.market.leads import Lead, replace_lead
from models.market.properties import Property, archive_property
from models.market.rates import set_rate
from models.ranking.recommendations import Market
from models.rescoring import run_plan, tiles
from models.rescoring.partial_lists import RescoringPartial
from models.rescoring.runs import RescoringShard, cancel_run, get_run, request_run
from models.rescoring.shards import retry_failed
from models.rescoring.tiles import grid_of
from models.upkeep import invariants
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property, make_user
from tests.length import examples
from tests.worker.lists.test_rescore import MOSCOW, fill, lead_wishes, random_write, stored_lists
from worker.jobs import runs as worker_runs
from worker.lists import changes, compute, partial_lists, rescore, scoring
from worker.lists import tiles as worker_tiles
from worker.market import cache, snapshot
from worker.market.generations import current_generation


@pytest.fixture
def small(monkeypatch):
    """Lists of 5, chunks of 4 rows, of which at most 24 entries are merged at once, and every market in 3 x 2 tiles."""
    for module in (rescore, changes, compute, snapshot, worker_tiles, invariants):
        monkeypatch.setattr(module, "LIST_LENGTH", 5)
    monkeypatch.setattr(partial_lists, "CHUNK_ROWS", 4)
    monkeypatch.setattr(partial_lists, "MERGED_ENTRIES", 24)
    monkeypatch.setattr(run_plan, "grid_of", lambda leads, properties, memory_mb: (3, 2))


def start(session):
    """The ids of the ready shards of a new run."""
    run, _ = request_run(session, RunScope.ALL, "test")
    session.commit()
    shard_ids = worker_runs.prepare_run(session, run.id)
    session.commit()
    return run.id, shard_ids


def finish(shard_ids):
    """Work on the shards, and on the merges that they lead to."""
    waiting = list(shard_ids)
    while waiting:
        merge_id = worker_runs.run_shard(waiting.pop(0))
        waiting += [] if merge_id is None else [merge_id]


def whole(session, generation=None):
    """The lists of a run in one piece."""
    session.execute(text("UPDATE markets SET rates = 'others'"))  # so that all lists are written
    session.commit()
    cache.evict_snapshots()
    for market in {tuple(row) for row in session.execute(select(Lead.city_key, Lead.deal_type).distinct())}:
        rescore.rebuild_market(session, market, generation or current_generation(session, market), run_id=1)
        session.commit()
    return stored_lists(session)


def state_of(session, run_id):
    session.rollback()
    session.expire_all()
    return get_run(session, run_id).state


def is_well(session):
    assert {result.rule.key: result.examples for result in check_all(session) if result.count} == {}
    session.rollback()


@pytest.mark.parametrize("seed", range(examples(2, 40)))
def test_tiles_merged_are_the_market_whole_even_if_people_write_between_them(
    new_worker_session, small, seed, monkeypatch
):
    chance = random.Random(seed)
    with new_worker_session() as session:
        fill(session, chance)
        run_id, shard_ids = start(session)
        assert len(shard_ids) == 6
        chance.shuffle(shard_ids)
        for index, shard_id in enumerate(shard_ids):
            side, row_id = random_write(session, chance)
            if index % 2:  # the lists of the others are still stale when the market is merged
                rescore.rescore_entity(session, side, row_id)
            merge_id = worker_runs.run_shard(shard_id)
        worker_runs.run_shard(merge_id)
        assert state_of(session, run_id) is RunState.SUCCEEDED
        for market in {MOSCOW, ("geo:1526384", MOSCOW[1])}:
            rescore.reconcile_market(session, market)
            session.commit()
        is_well(session)
        merged = stored_lists(session)
        assert session.scalar(select(func.count()).select_from(RescoringPartial)) == 0
        expected = whole(session)

    # A pair with an action between two tiles stays in earlier lists, as in any list; readers do not see it.
    differing = {key for key in expected if merged.get(key) != expected[key]}
    assert merged.keys() == expected.keys()
    acted = acted_on(new_worker_session)
    assert all(set(merged[key][0]) & acted.get(key, set()) for key in differing)


def test_rates_set_between_two_tiles_hold_from_the_next_run_on(new_worker_session, small):
    """All tiles are scored with the rates of the plan, so that no list mixes amounts converted with two rates."""
    with new_worker_session() as session:
        fill(session, random.Random(3))
        make_property(session, make_user(session), city="Москва", currency="USD", price=100_000)
        set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(60))
        session.commit()
        planned = current_generation(session, MOSCOW)
        run_id, shard_ids = start(session)
        finish(shard_ids[:2])
        set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(90))
        session.commit()
        finish(shard_ids[2:])

        assert state_of(session, run_id) is RunState.SUCCEEDED
        is_well(session)
        published = stored_lists(session)
        assert session.get_one(Market, MOSCOW, populate_existing=True).rates == planned.rates
        present = replace(current_generation(session, MOSCOW), rates=planned.rates)
        assert published == whole(session, present)
        finish(start(session)[1])
        assert stored_lists(session) == whole(session) != published


def test_tiles_of_another_generation_are_scored_again_before_they_are_merged(new_worker_session, small, monkeypatch):
    """As left by an earlier release, which does not store the text model of a tile."""
    sent = []
    monkeypatch.setattr(worker_runs, "client", lambda: SimpleNamespace(shard_queued=sent.append))
    with new_worker_session() as session:
        fill(session, random.Random(3), count=8)
        run_id, shard_ids = start(session)
        finish(shard_ids[:2])
        session.execute(text("UPDATE rescoring_shards SET text_model_id = NULL WHERE state = 'succeeded'"))
        session.commit()
        finish(shard_ids[2:])
        assert sorted(sent) == sorted(shard_ids[:2])
        assert state_of(session, run_id) is RunState.RUNNING
        finish(sent)

        assert state_of(session, run_id) is RunState.SUCCEEDED
        assert stored_lists(session) == whole(session)


def acted_on(new_worker_session):
    """{list: entries that its side has acted on}."""
    with new_worker_session() as session:
        found: dict = {}
        for side, lead_id, property_id in session.execute(text("SELECT side, lead_id, property_id FROM actions")):
            if side == Side.LEAD:
                found.setdefault(("lead_recommendations", lead_id), set()).add(property_id)
            else:
                found.setdefault(("property_recommendations", property_id), set()).add(lead_id)
        return found


def test_a_tile_done_twice_or_by_two_changes_nothing(new_worker_session, small):
    with new_worker_session() as session:
        fill(session, random.Random(7))
        run_id, shard_ids = start(session)
        first = shard_ids[0]
        worker_runs.run_shard(first)
        chunks = session.scalar(select(func.count()).where(RescoringPartial.shard_id == first))
        worker_runs.run_shard(first)  # the message was delivered twice
        # A worker that counted as dead finishes after another has claimed its shard.
        second = session.get_one(RescoringShard, shard_ids[1])
        second.state, second.worker, second.attempts, second.heartbeat_at = RunState.RUNNING, "dead", 1, None
        session.commit()
        session.execute(
            text("UPDATE rescoring_shards SET heartbeat_at = now() - interval '1 hour' WHERE worker = 'dead'")
        )
        session.commit()
        finish(shard_ids)

        assert chunks
        assert state_of(session, run_id) is RunState.SUCCEEDED
        merged = stored_lists(session)
        assert merged == whole(session)


def test_a_worker_overtaken_at_a_tile_leaves_nothing(new_worker_session, small, monkeypatch):
    with new_worker_session() as session:
        fill(session, random.Random(3), count=8)
        _, shard_ids = start(session)
        real = scoring.score_market

        def score_while_the_shard_is_taken_away(*args, **kwargs):
            with new_worker_session() as other:
                other.execute(text("UPDATE rescoring_shards SET worker = 'another' WHERE state = 'running'"))
                other.commit()
            return real(*args, **kwargs)

        monkeypatch.setattr(scoring, "score_market", score_while_the_shard_is_taken_away)
        assert worker_runs.run_shard(shard_ids[0]) is None
        assert session.scalar(select(func.count()).select_from(RescoringPartial)) == 0
        assert session.get_one(RescoringShard, shard_ids[0]).state is RunState.RUNNING


def test_a_failed_tile_leaves_the_market_as_it_was_and_only_that_tile_is_scored_again(
    new_worker_session, small, monkeypatch
):
    with new_worker_session() as session:
        fill(session, random.Random(5))
        before = whole(session)
        lead = session.scalars(select(Lead).order_by(Lead.id)).first()
        run_id, shard_ids = start(session)
        real = worker_tiles.score_snapshot
        monkeypatch.setattr(worker_tiles, "score_snapshot", lambda *args, **kwargs: 1 / 0)
        worker_runs.run_shard(shard_ids[0])
        monkeypatch.setattr(worker_tiles, "score_snapshot", real)
        finish(shard_ids[1:])

        run = get_run(session, run_id)
        session.refresh(run)
        assert run.state is RunState.FAILED
        assert [shard.error for shard in run.shards if shard.is_merge] == ["1 of 6 tiles failed"]
        assert stored_lists(session) == before
        is_well(session)

        archive_property(session, session.scalars(select(Property).order_by(Property.id)).first())
        replace_lead(session, lead, {"city": "Москва"} | lead_wishes(random.Random(1)))
        session.commit()
        _, queued = retry_failed(session, run_id)
        session.commit()
        assert queued == shard_ids[:1]
        finish(queued)
        assert state_of(session, run_id) is RunState.SUCCEEDED
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
        assert stored_lists(session) == whole(session)


def test_a_retry_after_the_partial_lists_were_cleared_away_scores_all_tiles(new_worker_session, small, monkeypatch):
    with new_worker_session() as session:
        fill(session, random.Random(6), count=6)
        run_id, shard_ids = start(session)
        monkeypatch.setattr(worker_runs, "merge_tiles", lambda *args: 1 / 0)
        finish(shard_ids)
        assert state_of(session, run_id) is RunState.FAILED
        session.execute(text("DELETE FROM rescoring_partials"))
        monkeypatch.undo()

        _, queued = retry_failed(session, run_id)
        session.commit()
        assert queued == shard_ids


def test_cancelling_between_tiles_leaves_no_partial_list_and_no_claimable_shard(new_worker_session, small):
    with new_worker_session() as session:
        fill(session, random.Random(2), count=8)
        run_id, shard_ids = start(session)
        for shard_id in shard_ids[:3]:
            worker_runs.run_shard(shard_id)
        cancel_run(session, run_id)
        session.commit()
        finish(shard_ids[3:])

        assert session.scalar(select(func.count()).select_from(RescoringPartial)) == 0
        assert stored_lists(session) == {}
        is_well(session)


def test_a_row_on_which_the_engine_fails_in_one_tile_is_in_no_list(new_worker_session, small, monkeypatch):
    with new_worker_session() as session:
        fill(session, random.Random(4))
        bad = session.scalars(select(Lead).order_by(Lead.id)).first()
        run_id, shard_ids = start(session)
        owner, real = bad.owner_id, scoring.score_market
        budget = float(bad.budget_max)

        def score(market, *args, **kwargs):
            fails = (market.leads.owner == owner) & (market.leads.price_max == budget)
            if fails.any() and len(market.properties):
                raise FloatingPointError
            return real(market, *args, **kwargs)

        monkeypatch.setattr(scoring, "score_market", score)
        worker_runs.run_shard(shard_ids[0])
        monkeypatch.setattr(scoring, "score_market", real)
        finish(shard_ids[1:])

        assert state_of(session, run_id) is RunState.SUCCEEDED
        assert not any(bad.id in ids for (table, _), (ids, *_) in stored_lists(session).items() if "property" in table)
        is_well(session)


def test_a_run_over_what_is_stale_cuts_a_big_market_only_where_much_is_stale(new_worker_session, small, monkeypatch):
    with new_worker_session() as session:
        fill(session, random.Random(8), count=6)
        for maximum, expected in ((100, [0]), (5, [1, 2, 3, 4, 5, 6, 0])):
            monkeypatch.setattr(worker_runs, "MAX_CHANGES", maximum)
            run, _ = request_run(session, RunScope.STALE, "test")
            worker_runs.prepare_run(session, run.id)
            tiles_of_run = (
                select(RescoringShard.tile).where(RescoringShard.run_id == run.id).order_by(RescoringShard.id)
            )
            assert session.scalars(tiles_of_run).all() == expected
            cancel_run(session, run.id)
            session.commit()


@pytest.mark.parametrize("rows", [(1, 1), (1000, 1000), (100_000, 3000), (3000, 700_000), (400_000, 400_000)])
@pytest.mark.parametrize("memory_mb", [450, 1024, 4096])
def test_a_tile_fits_into_the_memory_that_it_may_take(rows, memory_mb):
    leads, properties = rows
    across, down = grid_of(leads, properties, memory_mb)

    def megabytes(leads, properties):
        bounds = 2 * leads * (properties / BLOCK_SIZE)  # bytes
        return tiles.BASE_MB + (leads + properties) * tiles.ROW_KB / 1024 + bounds / 2**20

    assert megabytes(-(-leads // across), -(-properties // down)) <= memory_mb + 1
    if megabytes(leads, properties) <= memory_mb:
        assert (across, down) == (1, 1)


def test_without_a_bound_nothing_is_cut():
    assert grid_of(10**6, 10**6, 0) == (1, 1)


def test_the_tiles_of_a_market_hold_every_pair_once(session):
    owner = make_user(session)
    ids = [make_lead(session, owner).id for _ in range(7)], [make_property(session, owner).id for _ in range(5)]
    found = tiles.tiles_of_market(session, *MOSCOW, (3, 2))

    def holds(range_, entity_id):
        return (range_.start is None or entity_id >= range_.start) and (range_.stop is None or entity_id < range_.stop)

    for lead in (*ids[0], 0, 10**9):
        for one in (*ids[1], 0, 10**9):
            assert sum(holds(tile.leads, lead) and holds(tile.properties, one) for tile in found) == 1
    assert sum(tile.pairs for tile in found) == 35
