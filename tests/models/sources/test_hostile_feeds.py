"""Small compressed feeds that unpack to more than a worker's memory are refused without using that memory."""

import gzip
import subprocess
import sys

import pytest

from models.sources.formats import tree
from models.sources.formats.feed import open_feed
from models.sources.formats.offer import FeedError
from tests.conftest import ROOT
from tests.models.sources.feeds import yrl_offer

MIB = 1 << 20
HEAD = '<?xml version="1.0"?><realty-feed xmlns="http://webmaster.yandex.ru/schemas/feed/realty/2010-06">'
END = "</realty-feed>"
OFFER = yrl_offer("1")

BOMBS = {
    "elements of one listing": (HEAD, '<offer internal-id="1">', ("<a/>", 2_300_000), "</offer>", END),
    "text of one listing": (
        HEAD,
        '<offer internal-id="1"><description>',
        ("я", 5 * MIB),
        "</description></offer>",
        END,
    ),
    "an attribute": (HEAD, '<offer internal-id="', ("1", 10 * MIB), '"/>', END),
    "a name": (HEAD, "<offer><", ("a", 10 * MIB), "/></offer>", END),
    "a comment": (HEAD, "<!--", ("a", 10 * MIB), "-->", END),
    "elements within elements": (HEAD, "<offer>", ("<a>", 200), ("<b/>", 2_300_000), ("</a>", 200), "</offer>", END),
    "listings within a listing": (HEAD, '<offer internal-id="1">', ("<offer/>", 1_200_000), "</offer>", END),
    "elements before all listings": (HEAD, ("<a/>", 2_300_000), OFFER, END),
    "elements between listings": (HEAD, OFFER, ("<a/>", 2_300_000), OFFER, END),
    "text between listings": (HEAD, OFFER, ("я", 5 * MIB), OFFER, END),
}


def packed(path, parts):
    with gzip.open(path, "wb", compresslevel=1) as file:
        for part in parts:
            piece, times = (part, 1) if isinstance(part, str) else part
            raw = piece.encode()
            at_once = max(1, min(times, MIB // len(raw)))
            for _ in range(-(-times // at_once)):
                file.write(raw * at_once)
    return path


def take(path):
    feed = open_feed(path)
    feed.check()
    with gzip.open(path) as stream:
        return sum(1 for _ in tree.records(stream, "offer"))


@pytest.mark.parametrize("name", BOMBS)
def test_a_listing_that_unpacks_to_more_than_people_write_is_refused(tmp_path, name):
    path = packed(tmp_path / "feed.xml.gz", BOMBS[name])

    with pytest.raises(FeedError, match=r"feed\.(record_too_large|bad_xml)"):
        take(path)
    assert path.stat().st_size < MIB


def test_listings_each_in_an_element_of_its_own_take_no_more_memory_than_one(tmp_path):
    path = packed(tmp_path / "feed.xml.gz", (HEAD, OFFER, ("<group><a/><b/><offer/></group>", 300_000), END))
    # In a separate process, because this one's peak memory may be that of other tests.
    code = (
        "import resource, sys; from pathlib import Path; from tests.models.sources.test_hostile_feeds import take;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "before = peak(); print(take(Path(sys.argv[1])) > 300_000, peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True)

    are_all_read, kibibytes = done.stdout.split()
    assert are_all_read == "True"
    assert int(kibibytes) < 40 << 10  # kept, they would take 90 MiB
