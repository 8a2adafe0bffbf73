"""The feed that imports are measured with can be taken whole, and is as large as it was asked to be."""

from models.sources.columns import columns_of, content_hash
from models.sources.formats.feed import open_feed
from scripts.benchmarks.feeds import generated


def test_every_generated_offer_can_be_taken_and_differs_from_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(generated, "DRAWN", 40)
    generated.write_feed(tmp_path / "feed.xml", 100)

    offers = list(open_feed(tmp_path / "feed.xml").offers())
    assert len({offer.external_id for offer in offers}) == 100
    assert len({content_hash(columns_of(offer)) for offer in offers}) == 100
    assert not any(offer.faults for offer in offers)
