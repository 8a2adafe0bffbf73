"""
The changes of an import are in the lists as soon as workers have handled its messages, without a sweep or a run.

Nothing is asserted after a fixed time: once every list has its owner's version, the page must show the feed's content.
"""

from sqlalchemy.orm import sessionmaker

from models.core.enums import ActionKind, DealType, Side
from models.deals.matches import act
from models.deals.recommendation_pages import recommended_page
from models.ranking.freshness import freshness
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_user
from tests.models.sources.feeds import yrl, yrl_offer
from tests.models.sources.office import Office
from tests.waiting import wait_for
from worker.jobs.imports import Rescoring
from worker.lists.rescore import rebuild_market
from worker.queue.client import Client

#: Shorter than the time until the sweep, which would find the same changes in the tables.
SECONDS = 25


def offer(identity, millions=21.5, **changes):
    return yrl_offer(identity, price=f"<value>{int(millions * 1e6)}</value><currency>RUR</currency>", **changes)


def test_returns_withdrawals_statuses_price_cuts_and_groups_are_in_lists_at_once(
    engine, new_worker_session, worker_process, redis_url, tmp_path
):
    factory = sessionmaker(engine, expire_on_commit=False)
    office = Office(factory, tmp_path)
    with factory() as session:
        buyer = make_user(session)
        # A lead that matches the offers, with a budget for the most expensive one.
        lead = make_lead(
            session, buyer, districts=[], budget_min=None, budget_max=24_000_000, property_class=None, condition=None
        )
        session.commit()
    client = Client(redis_url)

    def bring(source, *offers):
        rescoring = Rescoring(client)
        office.bring(source, yrl(*offers), on_committed=rescoring)
        rescoring.finish(factory, "test")

    def entries():
        """External id -> its entry on the page of the lead."""
        with factory() as session:
            page = recommended_page(session, Side.LEAD, lead.id, page=1, limit=100)
            return {entry.row.external_id: entry for entry in page.entries}

    def fresh_entries():
        """The entries, once every list has its owner's present version."""

        def is_fresh():
            with factory() as session:
                return not freshness(session).stale

        wait_for(is_fresh, SECONDS, "lists of the present versions")
        return entries()

    def follow(*names):
        assert set(fresh_entries()) == set(names)

    client.lead_changed(lead.id)
    one, two = office.source("one"), office.source("two")
    rest = [offer(name, floor=floor) for name, floor in (("b", "6"), ("c", "7"), ("d", "8"))]

    bring(one, offer("a"), *rest)
    follow(*"abcd")

    bring(two, offer("x", 22))  # another agency's advert of the home "a"
    [home] = [each for each in fresh_entries().values() if each.group]
    assert len(home.group.adverts) == 2

    bring(one, offer("a"), *rest[:2])  # "d" is gone
    follow(home.row.external_id, *"bc")
    bring(one, offer("a"), *rest)
    follow(home.row.external_id, *"bcd")
    bring(one, offer("a"), *rest[:2], offer("d", floor="8", more="<fl_status>SOLD</fl_status>"))
    follow(home.row.external_id, *"bc")

    with factory() as session:
        act(session, buyer, Side.LEAD, lead_id=lead.id, property_id=home.row.id, kind=ActionKind.DISLIKE)
        session.commit()
    follow(*"bc")
    bring(one, offer("a", 20), *rest)  # 7 % less
    # "a" is shown from the commit on, with its former score. So "b", "c", "d" and "a" may be there before its own task.
    returned = fresh_entries()
    assert set(returned) == set("abcd") and returned["a"].price_cut["from"] == 21_500_000

    with factory() as session:
        assert [result.rule.key for result in check_all(session) if result.count] == []

        before = {name: entry.match_score for name, entry in returned.items()}
        rebuild_market(session, (lead.city_key, DealType.SALE))
        session.commit()
        assert {name: entry.match_score for name, entry in entries().items()} == before
