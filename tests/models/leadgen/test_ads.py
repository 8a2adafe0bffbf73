"""Figures of ads from several requests at once."""

from threading import Thread

from models.leadgen.ads import AdFigures, lock_ad, set_figures
from models.platform.database import sessions
from tests.models.leadgen.test_prospects import an_ad
from tests.waiting import lock_waits, wait_for


def test_figures_of_the_same_ads_in_another_order_wait_for_each_other(engine, clean_database):
    make = sessions(engine)
    with make.begin() as session:
        first, second = sorted(an_ad(session).id for _ in range(2))
    stored = []

    def store():
        with make.begin() as own:
            stored.extend(set_figures(own, [AdFigures(second, clicks=2), AdFigures(first, clicks=1)]))

    thread = Thread(target=store)
    with make.begin() as session:
        lock_ad(session, first)
        thread.start()
        wait_for(lambda: lock_waits(engine), what="waiting for the first ad")
        lock_ad(session, second)
    thread.join()

    assert [(ad.id, ad.clicks) for ad in stored] == [(second, 2), (first, 1)]
