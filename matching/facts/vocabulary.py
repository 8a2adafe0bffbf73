"""Canonical codes of the matching engine; :func:`place_key` gives the common key of all spellings of a place.

A code is the position of its word in the tuples below; -1 means "not stated" for a lead and "not known" for a property.
Ordered scales (class, condition) are listed from the lowest to the highest.
"""

from matching.facts.place_names import place_key

__all__ = ["CONDITIONS", "MAX_ROOMS", "PROPERTY_CLASSES", "PROPERTY_TYPES", "place_key"]

PROPERTY_TYPES = ("APARTMENT", "HOUSE", "APARTMENTS", "TOWNHOUSE", "ROOM", "COMMERCIAL")
PROPERTY_CLASSES = ("ECONOMY", "COMFORT", "BUSINESS", "ELITE")
CONDITIONS = ("ROUGH", "PRE_FINISHING", "FINISHING", "DESIGN")

#: Room counts are 0 (a studio) to 10, where 10 means ten or more.
MAX_ROOMS = 10
