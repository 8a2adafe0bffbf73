"""The generated feed with which imports are measured can be imported completely, and has the requested size."""

from models.sources.columns import columns_of, content_hash
from models.sources.formats.feed import open_feed
from scripts.benchmarks.feeds import generated


def test_every_generated_offer_can_be_imported_and_differs_from_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(generated, "GENERATED_HOMES", 40)
    generated.write_feed(tmp_path / "feed.xml", 100)

    offers = list(open_feed(tmp_path / "feed.xml").offers())
    assert len({offer.external_id for offer in offers}) == 100
    assert len({content_hash(columns_of(offer)) for offer in offers}) == 100
    assert not any(offer.faults for offer in offers)
