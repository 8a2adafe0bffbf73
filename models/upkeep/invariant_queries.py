"""The rules of :mod:`models.upkeep.invariants` as queries.

Each probe selects (rule, id, second id or null) of the rows that break a rule.

Parameters: `list_length`; `cities`, `deal_types`, `currencies` and `factors`, parallel columns of the factors into a
market's own currency; `read_notifications_kept`, an interval; `examples`.
"""

from dataclasses import dataclass

from models.ranking.recommendations import LIST_LENGTH


@dataclass(frozen=True)
class Rule:
    """One rule that stored data must satisfy."""

    key: str
    claim: str  #: The rule as a sentence, for operators.
    ids: tuple[str, ...]  #: The kinds of entities that an example's ids belong to.


@dataclass(frozen=True)
class Probe:
    """A query, and the rules that it checks."""

    sql: str
    rules: tuple[Rule, ...]


# # -- Each single list


def _list_probe(side: str, entity: str, lists: str, ids: str) -> Probe:
    other = "property" if side == "lead" else "lead"
    sql = f"""
        SELECT rule, r.{side}_id, NULL::bigint
        FROM {lists} AS r
        JOIN {entity} AS e ON e.id = r.{side}_id
        LEFT JOIN markets AS m ON m.city_key = r.city_key AND m.deal_type = r.deal_type
        CROSS JOIN LATERAL unnest(array_remove(ARRAY[
            CASE WHEN cardinality(r.{ids}) <> cardinality(r.scores) THEN '{side}_lengths' END,
            CASE WHEN cardinality(r.{ids}) > :list_length THEN '{side}_too_long' END,
            CASE WHEN EXISTS (
                SELECT FROM unnest(r.scores[2:], r.scores[: cardinality(r.scores) - 1],
                                   r.{ids}[2:], r.{ids}[: cardinality(r.{ids}) - 1])
                            AS step (score, score_before, id, id_before)
                WHERE score > score_before OR (score = score_before AND id <= id_before)
            ) THEN '{side}_order' END,
            CASE WHEN cardinality(r.{ids})
                      <> (SELECT count(DISTINCT id) FROM unnest(r.{ids}) AS entry (id)) THEN '{side}_twice' END,
            CASE WHEN EXISTS (SELECT FROM unnest(r.scores) AS entry (score) WHERE (score BETWEEN 0 AND 100) IS NOT TRUE)
                 THEN '{side}_range' END,
            CASE WHEN r.version > e.version THEN '{side}_version' END,
            CASE WHEN r.city_key IS NULL AND cardinality(r.{ids}) > 0 THEN '{side}_nowhere' END,
            CASE WHEN r.version = e.version
                      AND (r.city_key, r.deal_type) IS DISTINCT FROM (e.city_key, e.deal_type)
                      AND r.city_key IS NOT NULL THEN '{side}_market' END,
            CASE WHEN (r.run_id IS NOT NULL AND r.run_id IS DISTINCT FROM m.run_id)
                      OR r.generation <> m.generation THEN '{side}_generation' END
        ], NULL)) AS rule
        """  # noqa: S608
    claims = {
        "lengths": f"every list of a {side} has as many ids as scores",
        "too_long": f"no list of a {side} has more than {LIST_LENGTH} entries",
        "order": f"every list of a {side} is sorted by score, ties by id",
        "twice": f"no list of a {side} names a {other} twice",
        "range": f"every score in a list of a {side} is from 0 to 100",
        "version": f"no list of a {side} is of a version that the {side} has not reached",
        "nowhere": f"the list of a {side} that is on no market is empty",
        "market": f"every list of a {side} is of the market on which the {side} is",
        "generation": f"all lists of {entity} of one market are of its present generation",
    }
    return Probe(sql, tuple(Rule(f"{side}_{key}", claim, (side,)) for key, claim in claims.items()))


# -- Each pair in a list

#: One row per lead and per property, with the columns that deal-breakers compare. `settled`: the entity's list is of
#: its present version and market, so the lists that contain it are current too (both are written in one transaction).
#: `amount` and `ceiling` are in the market's currency; null where unstated or without a rate, and null breaks no rule.
_SIDES = """
    factors AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:cities AS text[]), CAST(:deal_types AS text[]), CAST(:currencies AS text[]),
                             CAST(:factors AS numeric[])) AS factor (city_key, deal_type, currency, factor)
    ),
    demand AS MATERIALIZED (
        SELECT l.id, l.owner_id, l.city_key, l.deal_type, l.property_type, l.rooms, l.area_min / 2 AS area_floor,
               -- A tolerance: amounts converted by a rate are rounded in more than one way.
               NULLIF(l.budget_max, 0) * f.factor * 1.15 * 1.000000000001 AS ceiling,
               NULLIF(l.budget_max, 0) * 1.15 AS own_ceiling, l.currency,
               r.city_key AS listed_city, r.deal_type AS listed_deal,
               r.version = l.version AND r.city_key IS NOT NULL AS settled
        FROM leads AS l
        LEFT JOIN lead_recommendations AS r ON r.lead_id = l.id
        LEFT JOIN factors AS f ON (f.city_key, f.deal_type) = (l.city_key, l.deal_type) AND f.currency = l.currency
    ),
    supply AS MATERIALIZED (
        SELECT p.id, p.owner_id, p.city_key, p.deal_type, p.property_type, p.rooms, p.area,
               p.price * f.factor AS amount, p.price, p.currency,
               r.city_key AS listed_city, r.deal_type AS listed_deal,
               r.version = p.version AND r.city_key IS NOT NULL AS settled
        FROM properties AS p
        LEFT JOIN property_recommendations AS r ON r.property_id = p.id
        LEFT JOIN factors AS f ON (f.city_key, f.deal_type) = (p.city_key, p.deal_type) AND f.currency = p.currency
    )
    """

#: Rule -> the condition that breaks it for a pair of d(emand) and s(upply), both settled.
_BREAKERS = {
    "other_market": "(d.city_key, d.deal_type) <> (s.city_key, s.deal_type)",
    "own": "d.owner_id = s.owner_id",
    "type": """d.property_type <> s.property_type
        AND NOT (d.property_type = 'APARTMENT' AND s.property_type = 'APARTMENTS')""",
    # The engine counts ten rooms and more as ten, so 9 or more rooms are never two apart from 9 or more wanted.
    "rooms": """s.rooms IS NOT NULL AND cardinality(d.rooms) > 0
        AND NOT d.rooms && ARRAY[(s.rooms - 1)::smallint, s.rooms, (s.rooms + 1)::smallint]
        AND NOT (s.rooms >= 9 AND 9 <= ANY (d.rooms))""",
    # Equal currencies are compared directly, without a rate.
    "price": "CASE WHEN s.currency = d.currency THEN s.price > d.own_ceiling ELSE s.amount > d.ceiling END",
    "area": "s.area < d.area_floor",
}


def _pair_probe(side: str, lists: str, ids: str) -> Probe:
    mine, theirs, other = ("d", "s", "property") if side == "lead" else ("s", "d", "lead")
    mine_table, other_table = ("demand", "supply") if side == "lead" else ("supply", "demand")
    cases = ",\n".join(
        f"CASE WHEN d.settled AND s.settled AND {broken} THEN '{side}_{key}' END" for key, broken in _BREAKERS.items()
    )
    sql = f"""
        WITH {_SIDES}
        SELECT rule, r.{side}_id, entry.id
        FROM {lists} AS r
        JOIN {mine_table} AS {mine} ON {mine}.id = r.{side}_id
        CROSS JOIN LATERAL unnest(r.{ids}) AS entry (id)
        LEFT JOIN {other_table} AS {theirs} ON {theirs}.id = entry.id
        CROSS JOIN LATERAL unnest(array_remove(ARRAY[
            CASE WHEN {mine}.settled
                AND ({theirs}.listed_city, {theirs}.listed_deal) IS DISTINCT FROM (r.city_key, r.deal_type)
                THEN '{side}_orphan' END,
            {cases}
        ], NULL)) AS rule
        """  # noqa: S608
    lists_of = f"in no list of a {side}"
    claims = {
        "orphan": f"every {other} in a list of a {side} exists and has a list in the same market itself",
        "other_market": f"{lists_of} stands a {other} of another market",
        "own": f"{lists_of} stands a {other} of the same owner",
        "type": f"{lists_of} stands a pair of the wrong property type",
        "rooms": f"{lists_of} stands a pair more than one room apart",
        "price": f"{lists_of} stands a pair more than 15 % over budget",
        "area": f"{lists_of} stands a pair of less than half the wanted area",
    }
    return Probe(sql, tuple(Rule(f"{side}_{key}", claim, (side, other)) for key, claim in claims.items()))


# -- Both directions together


# A lead's action, or its tenant's in the feed, holds for all adverts of the home, one of a property only for it.
_ADVERTS_OF_HOME = """(
                    SELECT r.property_id
                    UNION ALL
                    SELECT theirs.property_id FROM advert_groups AS mine JOIN advert_groups AS theirs USING (group_id)
                    WHERE mine.property_id = r.property_id
                )"""
#: By the side whose list holds the pair *r*, *entry*: the condition that the other side has not acted on it.
_WITHOUT_ACTION = {
    "property": f"""AND NOT EXISTS (
                    SELECT FROM actions AS a
                    WHERE a.lead_id = entry.id AND a.property_id IN {_ADVERTS_OF_HOME} AND a.side = 'LEAD'
                )
                AND NOT EXISTS (
                    SELECT FROM feed_actions AS f JOIN leads AS l ON l.owner_id = f.user_id AND l.origin = 'tinder'
                    WHERE l.id = entry.id AND f.property_id IN {_ADVERTS_OF_HOME}
                )""",  # noqa: S608
    "lead": """AND NOT EXISTS (
                    SELECT FROM actions AS a
                    WHERE a.lead_id = r.lead_id AND a.property_id = entry.id AND a.side = 'PROPERTY'
                )""",
}


def _mutual_probe(side: str) -> Probe:
    """
    Compare the two lists of a pair.

    Once both lists match their entities' current versions, the pair has the same score in both. If only one of the two
    lists contains the pair, the other must be full of pairs at least as good, or its side has acted on the pair (the
    lead's side: on any advert of the home).
    """
    other = "property" if side == "lead" else "lead"
    ids, other_ids = ("property_ids", "lead_ids") if side == "lead" else ("lead_ids", "property_ids")
    entity, other_entity = ("leads", "properties") if side == "lead" else ("properties", "leads")
    pair = f"a pair in a list of a {side}"
    sql = f"""
        SELECT CASE WHEN listed.rank IS NULL THEN '{side}_missing' ELSE '{side}_score' END, r.{side}_id, entry.id
        FROM {side}_recommendations AS r
        JOIN {entity} AS e ON e.id = r.{side}_id
        CROSS JOIN LATERAL unnest(r.{ids}, r.scores) AS entry (id, score)
        JOIN {other}_recommendations AS o ON o.{other}_id = entry.id
        CROSS JOIN LATERAL (SELECT array_position(o.{other_ids}, r.{side}_id) AS rank) AS listed
        WHERE r.version = e.version
            AND o.version = (SELECT version FROM {other_entity} WHERE id = o.{other}_id)
            AND (o.scores[listed.rank] <> entry.score
                 OR (listed.rank IS NULL
                     AND (cardinality(o.scores) < :list_length OR o.scores[CAST(:list_length AS integer)] < entry.score)
                     AND o.city_key IS NOT NULL
                     {_WITHOUT_ACTION[side]}))
        """  # noqa: S608
    return Probe(
        sql,
        (
            Rule(f"{side}_score", f"{pair} has the same score in the {other}'s list", (side, other)),
            Rule(
                f"{side}_missing",
                f"{pair} stands in the {other}'s list too, unless that is full of better ones",
                (side, other),
            ),
        ),
    )


# -- Deals

_MATCHES = Probe(
    """
    SELECT rule, coalesce(m.id, 0), pair.lead_id
    FROM (SELECT lead_id, property_id,
                 max(kind) FILTER (WHERE side = 'LEAD') AS by_lead,
                 max(kind) FILTER (WHERE side = 'PROPERTY') AS by_property
          FROM actions GROUP BY lead_id, property_id) AS pair
    FULL JOIN matches AS m USING (lead_id, property_id)
    CROSS JOIN LATERAL unnest(array_remove(ARRAY[
        CASE WHEN m.id IS NULL AND 'LIKE' IN (by_lead, by_property) THEN 'like_without_match' END,
        CASE WHEN m.id IS NOT NULL AND m.status <> CASE
                 WHEN m.closed_by_match_id IS NOT NULL THEN 'REJECTED'
                 WHEN 'DISLIKE' IN (by_lead, by_property) THEN 'REJECTED'
                 WHEN by_lead = 'LIKE' AND by_property = 'LIKE'
                     THEN CASE m.status WHEN 'COMPLETED' THEN 'COMPLETED' ELSE 'ACCEPTED' END
                 WHEN 'LIKE' IN (by_lead, by_property) THEN 'PENDING'
                 ELSE 'none' END THEN 'match_status' END,
        CASE WHEN (m.status = 'REJECTED') <> (m.negotiation_status = 'REJECTED') THEN 'match_negotiation' END,
        CASE WHEN m.status = 'ACCEPTED' AND m.negotiation_status = 'AGREED' AND m.contact_shared_at IS NULL
             THEN 'match_contacts' END,
        CASE WHEN m.closed_by_match_id IS NOT NULL AND NOT EXISTS (
                 SELECT FROM matches AS deal WHERE deal.id = m.closed_by_match_id AND deal.status = 'COMPLETED'
             ) THEN 'match_closed' END,
        CASE WHEN m.status IN ('PENDING', 'ACCEPTED') AND EXISTS (
                 SELECT left_with_match_id FROM leads WHERE id = m.lead_id AND left_with_match_id IS NOT NULL
                 UNION ALL
                 SELECT left_with_match_id FROM properties WHERE id = m.property_id AND left_with_match_id IS NOT NULL
             ) THEN 'match_open' END
    ], NULL)) AS rule
    """,
    (
        Rule("like_without_match", "every liked pair has a match", ("match", "lead")),
        Rule("match_status", "every match's status follows from both sides' last actions", ("match", "lead")),
        Rule("match_negotiation", "a match is rejected exactly when its negotiation is", ("match", "lead")),
        Rule("match_contacts", "every accepted and agreed match has shared contacts", ("match", "lead")),
        Rule("match_closed", "every match that a deal has closed is closed by a completed match", ("match", "lead")),
        Rule("match_open", "nothing that a deal took off the market has an open match", ("match", "lead")),
    ),
)

_NOTIFICATIONS = Probe(
    """
    WITH owners AS (
        SELECT m.id, m.status, m.contact_shared_at, o.user_id,
               -- Notifications read long ago, and those of erased users, have been deleted.
               m.created_at > now() - :read_notifications_kept AND u.deleted_at IS NULL AS has_notifications
        FROM matches AS m JOIN leads AS l ON l.id = m.lead_id JOIN properties AS p ON p.id = m.property_id
        CROSS JOIN LATERAL (VALUES (l.owner_id), (p.owner_id)) AS o (user_id)
        JOIN users AS u ON u.id = o.user_id
    ),
    notified AS (
        SELECT id AS notification_id, user_id, type, substring(subject FROM '^match:([0-9]{1,18})$')::bigint AS match_id
        FROM notifications WHERE type IN ('NEW_MATCH', 'CONTACT_SHARED')
    )
    SELECT 'notification_missing', o.id, o.user_id FROM owners AS o
    WHERE o.has_notifications AND o.status IN ('ACCEPTED', 'COMPLETED')
        AND NOT EXISTS (SELECT FROM notified AS t
                        WHERE t.match_id = o.id AND t.user_id = o.user_id AND t.type = 'NEW_MATCH')
    UNION ALL
    SELECT 'contacts_not_notified', o.id, o.user_id FROM owners AS o
    WHERE o.has_notifications AND o.contact_shared_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM notified AS t
                        WHERE t.match_id = o.id AND t.user_id = o.user_id AND t.type = 'CONTACT_SHARED')
    UNION ALL
    SELECT 'contacts_notified_unshared', t.match_id, t.user_id FROM notified AS t
    WHERE t.type = 'CONTACT_SHARED'
        AND NOT EXISTS (SELECT FROM matches AS m WHERE m.id = t.match_id AND m.contact_shared_at IS NOT NULL)
    UNION ALL
    SELECT 'notification_twice', min(t.match_id), t.user_id FROM notified AS t
    GROUP BY t.user_id, t.type, t.match_id HAVING count(*) > 1
    UNION ALL
    SELECT 'notification_orphan', t.notification_id, t.user_id FROM notified AS t
    WHERE NOT EXISTS (SELECT FROM owners AS o WHERE o.id = t.match_id AND o.user_id = t.user_id)
    """,
    (
        Rule("notification_missing", "both owners of an accepted match have a notification of it", ("match", "user")),
        Rule("contacts_not_notified", "both owners have a notification when contacts were shared", ("match", "user")),
        Rule(
            "contacts_notified_unshared",
            "no notification tells of shared contacts that are not shared",
            ("match", "user"),
        ),
        Rule("notification_twice", "no user has two notifications of one event of a match", ("match", "user")),
        Rule(
            "notification_orphan",
            "every notification of a match is about a match of its reader",
            ("notification", "user"),
        ),
    ),
)

# -- Runs

_RUNS = Probe(
    """
    SELECT 'run_open_shard', r.id, s.id FROM rescoring_runs AS r JOIN rescoring_shards AS s ON s.run_id = r.id
    WHERE r.state IN ('succeeded', 'failed', 'cancelled') AND s.state IN ('queued', 'running')
    UNION ALL
    SELECT 'run_never_ends', r.id, NULL FROM rescoring_runs AS r
    WHERE r.state = 'running'
        AND NOT EXISTS (SELECT FROM rescoring_shards AS s WHERE s.run_id = r.id AND s.state IN ('queued', 'running'))
    UNION ALL
    SELECT 'run_not_whole', r.id, s.id FROM rescoring_runs AS r JOIN rescoring_shards AS s ON s.run_id = r.id
    WHERE r.state = 'succeeded' AND s.state <> 'succeeded'
    """,
    (
        Rule("run_open_shard", "no ended run has an open shard", ("run", "shard")),
        Rule("run_never_ends", "every running run has an open shard", ("run",)),
        Rule("run_not_whole", "every shard of a run that succeeded has succeeded", ("run", "shard")),
    ),
)

PROBES = (
    _list_probe("lead", "leads", "lead_recommendations", "property_ids"),
    _list_probe("property", "properties", "property_recommendations", "lead_ids"),
    _pair_probe("lead", "lead_recommendations", "property_ids"),
    _pair_probe("property", "property_recommendations", "lead_ids"),
    _mutual_probe("lead"),
    _mutual_probe("property"),
    _MATCHES,
    _NOTIFICATIONS,
    _RUNS,
)
