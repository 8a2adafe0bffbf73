"""One person is one prospect of a niche, however often and through however many operations they are sent at once."""

import threading

import pytest
from sqlalchemy import event, func, select

from models.core.csv_cells import plain_cell, safe_cell
from models.core.errors import ConflictError
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import MOVES as CAMPAIGN_MOVES
from models.leadgen.campaigns import CampaignStatus, Platform, create_campaign
from models.leadgen.niches import MOVES as NICHE_MOVES
from models.leadgen.niches import NicheStatus, create_niche
from models.leadgen.prospects import (
    MOVES,
    Prospect,
    ProspectStatus,
    add_prospect,
    add_prospects,
    change_status,
    prospect_pages,
    prospects,
    prospects_window,
    touches_of,
)
from models.platform.database import connect, sessions


def an_ad(session):
    niche = create_niche(session, {"name": "Ремонт", "category": "repair"})
    fields = {"niche_id": niche.id, "name": "К", "platform": Platform.OLX, "budget": 1}
    return create_ad(session, create_campaign(session, fields), {"title": "Объявление"})


def contact(ad=None, **fields):
    return {"ad_id": ad and ad.id, "name": "Иван", "source": Platform.OLX} | fields


def test_the_same_phone_in_a_niche_is_a_touch(session):
    ad = an_ad(session)
    first = add_prospect(session, contact(ad, phone="+77771234567"))
    second = add_prospect(session, contact(ad, phone="+77771234567", source=Platform.KASPI, budget=5))

    assert (first.new, second.new) == (True, False)
    assert second.prospect.id == first.prospect.id
    assert touches_of(session, second.prospect) == 2
    assert second.prospect.budget == 5  # learnt from the second contact


def test_the_same_user_of_another_platform_is_somebody_else(session):
    ad = an_ad(session)
    add_prospect(session, contact(ad, platform_user_id="u1"))

    assert not add_prospect(session, contact(ad, platform_user_id="u1")).new
    assert add_prospect(session, contact(ad, platform_user_id="u1", source=Platform.KASPI)).new


def test_a_phone_names_a_person_more_surely_than_an_account(session):
    ad = an_ad(session)
    by_phone = add_prospect(session, contact(ad, phone="+77771234567")).prospect
    add_prospect(session, contact(ad, platform_user_id="u1"))

    both = add_prospect(session, contact(ad, phone="+77771234567", platform_user_id="u1"))

    assert both.prospect.id == by_phone.id


def test_niches_do_not_share_prospects(session):
    phone = "+77771234567"

    assert all(add_prospect(session, contact(an_ad(session), phone=phone)).new for _ in range(2))


def test_prospects_without_an_ad_are_not_duplicates(session):
    assert all(add_prospect(session, contact(phone="+77771234567", platform_user_id="u")).new for _ in range(3))


def test_doubles_within_one_batch_are_found(session):
    ad = an_ad(session)
    added = add_prospects(session, [contact(ad, phone=f"+7777123456{last}") for last in (1, 2, 1)])

    assert [one.new for one in added] == [True, True, False]
    assert added[2].prospect.id == added[0].prospect.id


def test_the_same_contact_sent_by_many_requests_at_once_is_one_prospect(clean_database):
    engine = connect(clean_database, pool_size=8)
    make = sessions(engine)
    with make.begin() as session:
        ad = an_ad(session)
    start, new = threading.Barrier(8), []

    def knock():
        with make.begin() as own:
            start.wait()
            new.append(add_prospect(own, contact(ad, phone="+77771234567")).new)

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with make() as session:
        [prospect] = session.scalars(select(Prospect))
        assert touches_of(session, prospect) == 8
    assert sorted(new) == [False] * 7 + [True]
    engine.dispose()


def test_a_phone_that_becomes_anothers_while_it_is_learnt_names_that_other(clean_database):
    engine = connect(clean_database)
    make = sessions(engine)
    with make.begin() as session:
        ad = an_ad(session)
        add_prospect(session, contact(ad, platform_user_id="u1"))
    others = []

    with make.begin() as session:

        @event.listens_for(session.connection(), "before_cursor_execute")
        def another_is_faster(connection, cursor, statement, *rest):
            if statement.startswith("UPDATE prospects") and not others:
                with make.begin() as own:
                    others.append(add_prospect(own, contact(ad, phone="+77771234567")).prospect.id)

        added = add_prospect(session, contact(ad, platform_user_id="u1", phone="+77771234567"))

        assert (added.new, added.prospect.id, touches_of(session, added.prospect)) == (False, others[0], 2)
    engine.dispose()


def test_the_whole_way_from_new_to_spam_is_open(session):
    prospect = add_prospect(session, contact()).prospect
    for status in ProspectStatus:
        change_status(session, prospect, status)
        assert change_status(session, prospect, status) is False  # a repetition is allowed, and has no effect


def test_nobody_becomes_new_again(session):
    prospect = add_prospect(session, contact()).prospect
    change_status(session, prospect, ProspectStatus.SPAM)

    with pytest.raises(ConflictError, match="state.cannot_become"):
        change_status(session, prospect, ProspectStatus.NEW)


@pytest.mark.parametrize(
    ("moves", "start"),
    [(MOVES, ProspectStatus.NEW), (CAMPAIGN_MOVES, CampaignStatus.DRAFT), (NICHE_MOVES, NicheStatus.RESEARCH)],
)
def test_every_status_can_be_reached_and_left(moves, start):
    assert moves[start] == frozenset(moves) - {start}
    assert all(moves.values())
    assert all(start not in moves[state] for state in moves if state.value != "rejected")


def test_supposed_spam_is_won_only_after_a_conversation():
    talking = {ProspectStatus.CONTACTED, ProspectStatus.QUALIFIED, ProspectStatus.HOT}
    reached, further = set(), {ProspectStatus.SPAM}
    while further:
        reached |= further
        further = {status for each in further for status in MOVES[each]} - talking - reached

    assert ProspectStatus.WON not in reached


def test_revenue_is_the_budget_unless_named_and_goes_with_the_deal(session):
    prospect = add_prospect(session, contact(budget=70)).prospect
    change_status(session, prospect, ProspectStatus.WON)
    assert prospect.revenue == 70
    change_status(session, prospect, ProspectStatus.WON, 55)
    assert prospect.revenue == 55
    change_status(session, prospect, ProspectStatus.LOST)
    assert prospect.revenue is None


def test_pages_and_windows_give_every_prospect_once_in_order(clean_database):
    engine = connect(clean_database)
    make = sessions(engine)
    with make.begin() as session:  # one transaction: all were created at the same moment, so ids decide the order
        add_prospects(session, [contact() for _ in range(25)])
    with make() as session:
        whole = [one.id for one in session.scalars(prospects())]
        windows = [one.id for offset in range(0, 30, 10) for one in prospects_window(session, 10, offset)]
        assert session.scalar(select(func.count()).select_from(Prospect)) == len(whole) == 25

    assert windows == whole
    assert [one.id for page in prospect_pages(make, size=5) for one in page] == whole
    engine.dispose()


@pytest.mark.parametrize("text", ["=1+1", "+7 777", "-5", "@x", "\tx", "'=1", "''+", "'tis", "Иван", "", "'"])
def test_a_cell_made_safe_comes_back_as_it_was(text):
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain_cell(safe_cell(text)) == text
