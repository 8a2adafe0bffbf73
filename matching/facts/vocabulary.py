"""Canonical codes of the matching engine, and the key by which two spellings of a place name are one place.

A code is the position of its word in the tuples below; -1 stands for "not stated" on a lead and "not known"
on a property. Ordered scales (class, condition) are listed from the lowest to the highest.
"""

import re
import unicodedata

PROPERTY_TYPES = ("APARTMENT", "HOUSE", "APARTMENTS", "TOWNHOUSE", "ROOM", "COMMERCIAL")
PROPERTY_CLASSES = ("ECONOMY", "COMFORT", "BUSINESS", "ELITE")
CONDITIONS = ("ROUGH", "PRE_FINISHING", "FINISHING", "DESIGN")

#: Room counts are 0 (a studio) to 10, where 10 means ten or more.
MOST_ROOMS = 10

#: Words that say what kind of place a name names, and not which; they are left out of its key.
GENERIC_PLACE_WORDS = frozenset(
    """
    район р н рн мкр мкрн микрорайон округ ао административный поселение пос поселок метро м ст станция
    district area neighborhood neighbourhood microdistrict okrug metro subway station
    """.split()
)

_WORD = re.compile(r"\w+")


def place_key(name: str) -> str:
    """
    The form of a place name under which its spellings meet; empty for a name without a letter or digit.

    Case, ё, hyphens, quotes and words such as "район" or "station" do not count. A name that consists of such
    words only keeps them, or all such names would be one place.

    >>> place_key("р-н Хорошёво-Мнёвники"), place_key("Хорошево Мневники (район)")
    ('хорошево мневники', 'хорошево мневники')
    >>> place_key("м. Спортивная"), place_key("Sportivnaya metro station"), place_key("Район")
    ('спортивная', 'sportivnaya', 'район')
    """
    # NFC: some programs write й and ё as a letter and a mark after it, which would cut the word in two.
    composed = unicodedata.normalize("NFC", name)
    words = _WORD.findall(composed.casefold().replace("ё", "е").replace("_", " "))
    telling = [word for word in words if word not in GENERIC_PLACE_WORDS]
    return " ".join(telling or words)
