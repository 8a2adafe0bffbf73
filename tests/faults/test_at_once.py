"""Many requests or processes at once: runs, likes, beats."""

from concurrent.futures import ThreadPoolExecutor

import redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification, NotificationType
from models.core.enums import MatchStatus, RunState
from models.deals.match_table import Match
from models.rescoring.runs import RescoringRun, RescoringShard
from tests.factories import make_lead, make_property, make_user, token_header
from tests.faults.conftest import FULL, full_only
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for

LIKES = 1000 if FULL else 200
THREADS = 24


def test_likes_from_both_sides_at_once_make_one_match_each(app, engine, clean_database, start_worker, all_is_well):
    """
    Both owners like each pair twice at the same moment: four requests, one match, one notification for each owner and
    kind.
    """
    with Session(engine) as session:
        buyer, seller = make_user(session), make_user(session)
        leads = [make_lead(session, buyer).id for _ in range(LIKES // 20)]
        rows = [make_property(session, seller).id for _ in range(5)]
        session.commit()
        headers = token_header(buyer), token_header(seller)
    paths = [
        (
            f"/leads/{lead}/property-recommendations/{row}/action",
            f"/properties/{row}/lead-recommendations/{lead}/action",
        )
        for lead in leads
        for row in rows
    ]
    requests = [(path, who) for pair in paths for path, who in (*zip(pair, headers, strict=True),) * 2]
    assert len(requests) == LIKES

    def like(path, who):
        return app.test_client().post(path, json={"action": "LIKE"}, headers=who).status_code

    with ThreadPoolExecutor(THREADS) as pool:
        codes = list(pool.map(like, *zip(*requests, strict=True)))

    assert set(codes) <= {200, 503}
    assert codes.count(503) == 0
    with Session(engine) as session:
        found = session.execute(select(Match.status, func.count()).group_by(Match.status)).all()
        assert found == [(MatchStatus.ACCEPTED, len(paths))]
        for owner_notifications in session.scalars(
            select(func.count())
            .where(Notification.type != NotificationType.NEW_LIKE)  # which of the two likes is first is not fixed
            .group_by(Notification.user_id)
        ):
            assert owner_notifications == 2 * len(paths)  # NEW_MATCH and CONTACT_SHARED, once each
    start_worker("entities")
    all_is_well()


def test_many_who_ask_for_a_run_at_once_get_the_same_one(
    engine, market, start_worker, ask_for_run, state_of_run, write, all_is_well
):
    with ThreadPoolExecutor(8) as pool:
        run_ids = {future.result() for future in [pool.submit(ask_for_run) for _ in range(16)]}
    [run_id] = run_ids
    start_worker("runs", "entities", concurrency=2)
    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")

    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(RescoringRun)) == 1
        assert session.scalars(select(RescoringShard.attempts)).all() == [1]
    write(1)
    all_is_well()


@full_only
def test_of_two_beats_one_sends(start_beat, redis_url, market, write, start_worker, all_is_well):
    """A sweep finds writes whose messages the broker lost meanwhile."""
    beats = [start_beat() for _ in range(2)]
    with redis.Redis.from_url(redis_url) as broker:
        sent = wait_for(
            lambda: count if (count := broker.llen("entities")) >= 2 else 0,
            seconds=WAIT_LIMIT_SECONDS + 60,
            what="two sweeps, half a minute apart",
        )
        assert sent == 2
        write(1)
        broker.delete("entities")
        start_worker("entities")
        all_is_well()
    assert [beat.poll() for beat in beats] == [None, None]
