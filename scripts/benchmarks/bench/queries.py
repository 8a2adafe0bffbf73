"""The score in SQL: the best counterparts of each lead, and of each property.

The columns are described in :mod:`scripts.benchmarks.bench.sql`.
"""

from matching.engine.criteria import (
    PRICE_CEILING,
    PRICE_LOST_BY,
    PRICE_LOW,
    PRICE_LOW_AT,
    PRICE_OVER,
    PRICE_OVER_BY,
    PRICE_RATIO,
    PRICE_UNDER,
)

_STEP = """CASE WHEN p.{0} IS NULL THEN 0.5 ELSE (ARRAY[0, 0.1, 0.4, 1, 0.8, 0.65, 0.65])[p.{0} - l.{0} + 4] END"""
_PLACE = """coalesce(l.{0}_values[array_position(l.{0}s, p.{0})], 0)"""
#: The share of the lead's words, by weight, that the property's text contains.
_LIKENESS = """(SELECT coalesce(sum(mine.share * theirs.parts), 0) / 64
    FROM unnest(l.words, l.word_shares) AS mine (word, share)
    JOIN unnest(p.words, p.word_parts) AS theirs (word, parts) USING (word))"""

#: See docs/matching.md, "The score". Unstated criteria are in `base`; CASE skips criteria without weight.
_BASE = f"""
    100 * (l.base + coalesce(wishes.earned, 0)
    + CASE WHEN l.w_price = 0 THEN 0 ELSE l.w_price * CASE
        WHEN p.price IS NULL THEN 0.5
        WHEN {PRICE_RATIO} * p.price < l.price_min THEN greatest({PRICE_LOW}, {PRICE_UNDER}
            - {(PRICE_UNDER - PRICE_LOW) / (1 - PRICE_LOW_AT)} * (1 - {PRICE_RATIO} * p.price / l.price_min))
        WHEN l.price_max IS NULL OR p.price <= (coalesce(l.price_min, 0) + l.price_max) / 2 THEN 1
        WHEN p.price <= l.price_max
            THEN 1 - {1 - PRICE_CEILING} * (p.price - (coalesce(l.price_min, 0) + l.price_max) / 2)
                / (l.price_max - (coalesce(l.price_min, 0) + l.price_max) / 2)
        WHEN p.price <= {1 + PRICE_OVER_BY} * l.price_max
            THEN {PRICE_CEILING} - {(PRICE_CEILING - PRICE_OVER) / PRICE_OVER_BY} * (p.price / l.price_max - 1)
        ELSE greatest(0, {PRICE_OVER / (PRICE_LOST_BY - PRICE_OVER_BY)} * ({1 + PRICE_LOST_BY} - p.price / l.price_max))
        END END
    + CASE WHEN l.w_location = 0 THEN 0 ELSE l.w_location * (0.1
        + CASE WHEN l.district_part = 0 THEN 0 ELSE l.district_part
            * CASE WHEN p.district IS NULL THEN 0.5 ELSE {_PLACE.format("district")} END END
        + CASE WHEN l.metro_part = 0 THEN 0 ELSE l.metro_part
            * CASE WHEN p.metro IS NULL THEN 0.5 ELSE p.metro_parts / 64 * {_PLACE.format("metro")} END END) END
    + CASE WHEN l.w_rooms = 0 THEN 0 ELSE l.w_rooms
        * CASE WHEN p.rooms < 0 THEN 0.5 WHEN p.rooms = ANY (l.rooms) THEN 1 ELSE 0.1 END END
    + CASE WHEN l.w_area = 0 THEN 0 ELSE l.w_area * CASE
        WHEN p.area IS NULL THEN 0.5
        WHEN p.area < l.area_min THEN greatest(0, 1 - (1 - p.area / l.area_min) / 0.2)
        WHEN p.area > 1.05 * l.area_max THEN greatest(0.2, 1 - 0.8 / 0.3 * (p.area / (1.05 * l.area_max) - 1))
        ELSE 1 END END
    + CASE WHEN l.w_property_class = 0 THEN 0 ELSE l.w_property_class * {_STEP.format("property_class")} END
    + CASE WHEN l.w_condition = 0 THEN 0 ELSE l.w_condition * {_STEP.format("condition")} END
    + CASE WHEN l.w_property_type = 0 THEN 0 WHEN p.property_type = l.property_type THEN l.w_property_type
        ELSE 0.6 * l.w_property_type END
    + CASE WHEN l.w_year = 0 THEN 0 ELSE l.w_year
        * CASE WHEN p.year IS NULL THEN 0.5 ELSE greatest(0, least(1, 1 - 0.05 * (l.year_min - p.year))) END END
    + CASE WHEN l.w_text = 0 THEN 0 ELSE l.w_text * (0.9 + 0.1 * {_LIKENESS}) END
    ) / l.whole"""

_SCORE = """CASE WHEN coalesce(wishes.tiers, 0) = 0 THEN greatest(unsqueezed, 50 + unsqueezed / 6)
    ELSE 12.5 * (4 - wishes.tiers) + unsqueezed / 8 END"""

#: The effect of the property's answers on the lead's wishes; a contradicted must counts as five contradictions.
_WISHES = """
    SELECT sum(wish.weight * coalesce(answer.value, 0.5)) AS earned,
        sum(CASE WHEN NOT coalesce(answer.contradicts, false) THEN 0 WHEN wish.strength = 0 THEN 5
            WHEN wish.strength = 1 THEN 1 ELSE 0 END) AS tiers
    FROM unnest(l.wish_kinds, l.wish_firsts, l.wish_weights, l.wish_strengths) AS wish (kind, first, weight, strength)
    LEFT JOIN answer ON p.answers[wish.kind] >= 0 AND answer.slot = wish.first + p.answers[wish.kind]"""

_ELSEWHERE = """(l.district_only AND p.district IS NOT NULL AND array_position(l.districts, p.district) IS NULL
    OR l.metro_only AND p.metro IS NOT NULL AND array_position(l.metros, p.metro) IS NULL)"""

_PAIRED = f"""
            CROSS JOIN LATERAL ({_WISHES}) AS wishes
            CROSS JOIN LATERAL (SELECT {_BASE} AS unsqueezed) AS based"""

_FOR_LEADS = f"""
    SELECT l.id, best.id, best.score
    FROM (SELECT * FROM lead WHERE id = ANY (%(rows)s)) AS l
    CROSS JOIN LATERAL (
        SELECT p.id, {_SCORE} AS score
        FROM property AS p {_PAIRED}
        WHERE p.property_type = ANY (l.types) AND p.rooms = ANY (l.admitted_rooms) AND p.price_or_0 <= l.ceiling
            AND p.area_or_any >= l.area_floor AND p.owner <> l.owner AND p.refused <@ l.may_be AND NOT {_ELSEWHERE}
            AND coalesce(wishes.tiers, 0) <= 4
        ORDER BY score DESC, p.id
        LIMIT %(k)s
    ) AS best
    """  # noqa: S608 - constants of this module

_FOR_PROPERTIES = f"""
    SELECT p.id, best.id, best.score
    FROM (SELECT * FROM property WHERE id = ANY (%(rows)s)) AS p
    CROSS JOIN LATERAL (
        SELECT l.id, {_SCORE} AS score
        FROM lead AS l {_PAIRED}
        WHERE l.types @> ARRAY[p.property_type] AND l.admitted_rooms @> ARRAY[p.rooms] AND l.ceiling >= p.price_or_0
            AND l.area_floor <= p.area_or_any AND l.owner <> p.owner AND p.refused <@ l.may_be AND NOT {_ELSEWHERE}
            AND coalesce(wishes.tiers, 0) <= 4
        ORDER BY score DESC, l.id
        LIMIT %(k)s
    ) AS best
    """  # noqa: S608 - constants of this module

QUERIES = {"lead": _FOR_LEADS, "property": _FOR_PROPERTIES}
