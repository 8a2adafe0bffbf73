"""Select the parts of a written place that name its town, without streets, provinces and former names."""

from collections.abc import Sequence
from dataclasses import replace

from models.market.towns.gazetteer import Town, is_own
from models.market.towns.segments import Segment, TownName, towns_of
from models.market.towns.spelling import normal


def is_province_of_another(segment: Segment, segments: Sequence[Segment]) -> bool:
    """
    Whether this part may name a region while another part names a town in it: «Калуга, Калужская», "London, Ontario".
    """
    others = [town for other in segments if not other.is_part for one in other.towns for town in one.towns]
    return any(
        region.contains(town.country, town.region) and town not in [each for one in segment.towns for each in one.towns]
        for region in segment.bare_regions
        for town in others
    )


def towns_called_like_regions(segments: list[Segment]) -> list[Segment]:
    """The parts, where a region's name is also that of a town in another region that the text names: «Алтай, ВКО»."""
    read: list[Segment] = []
    for segment in segments:
        others = [region for other in segments if other is not segment for region in other.regions]
        countries = [country for other in segments if other is not segment for country in other.countries]
        towns = towns_of(normal(segment.text)) if segment.regions and not segment.towns else ()
        there = tuple(
            town
            for town in towns
            if any(region.contains(town.country, town.region) for region in others)
            or (town.country in countries and all(region.country != town.country for region in segment.regions))
        )
        plain = normal(segment.text)
        read.append(replace(segment, towns=[TownName(plain, there)], regions=[]) if there else segment)
    return read


def without_streets(naming: list[Segment], segments: Sequence[Segment]) -> list[Segment]:
    """The parts without one that a house number follows, if a town is left: «Гагарин, 5, Смоленск»."""
    left = [
        segment
        for segment in naming
        if not (following := segments[segments.index(segment) + 1 :][:1]) or not following[0].text[:1].isdigit()
    ]
    return left if any(segment.towns for segment in left) else naming


def without_old_names(named: Sequence[TownName], distinct: Sequence[Town]) -> list[Town]:
    """The parts without the former name of another part's town: «Самара (Куйбышев)»."""
    former = {
        other.key for one in named for other in one.towns for town in one.towns if town != other and town in distinct
    }
    present = [town for town in distinct if town.key not in former]
    kept = [town for town in distinct if any(town in one.towns and not is_own(one.plain, town) for one in named)]
    return kept if len(kept) == 1 else present or list(distinct)
