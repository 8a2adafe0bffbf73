"""The rules of adverts of one home, and of prices, as queries; see invariant_queries.py."""

from models.upkeep.invariant_queries import Probe, Rule

HOMES = Probe(
    """
    SELECT 'group_number', g.property_id, g.group_id FROM advert_groups AS g
    WHERE g.group_id > g.property_id
    UNION ALL
    SELECT 'group_market', g.property_id, other.property_id
    FROM advert_groups AS g
    JOIN advert_groups AS other ON other.group_id = g.group_id AND other.property_id > g.property_id
    JOIN properties AS p ON p.id = g.property_id
    JOIN properties AS o ON o.id = other.property_id
    JOIN advert_keys AS k ON k.property_id = p.id AND k.version = p.version
    JOIN advert_keys AS l ON l.property_id = o.id AND l.version = o.version
    WHERE (p.city_key, p.deal_type, p.floor) IS DISTINCT FROM (o.city_key, o.deal_type, o.floor)
        OR abs(p.area - o.area) >= 1
    UNION ALL
    SELECT 'price_history', p.id, NULL FROM properties AS p
    JOIN LATERAL (
        SELECT price, currency FROM property_prices AS h WHERE h.property_id = p.id ORDER BY since DESC, id DESC LIMIT 1
    ) AS last ON true
    WHERE (last.price, last.currency) <> (p.price, p.currency)
    """,
    (
        Rule(
            "group_number", "a group of adverts has the number of its oldest one or a lower one", ("property", "group")
        ),
        Rule(
            "group_market",
            "adverts of one group are on one market and floor, with areas less than 1 square metre apart",
            ("property", "property"),
        ),
        Rule("price_history", "the last price of a property's history is its present one", ("property",)),
    ),
)
