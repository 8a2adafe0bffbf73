"""The rule about webhooks, as a query like those of :mod:`models.upkeep.invariant_queries`."""

from models.upkeep.invariant_queries import Probe, Rule

#: Workers look for due deliveries every few seconds, and a dead task is replaced after two minutes.
WEBHOOKS = Probe(
    """
    SELECT 'webhook_overdue', d.id, d.endpoint_id FROM webhook_deliveries AS d
    JOIN webhook_endpoints AS e ON e.id = d.endpoint_id JOIN users AS u ON u.id = e.owner_id
    WHERE d.state = 'pending' AND e.is_enabled AND u.is_active
        AND greatest(d.next_at, e.paused_until) < now() - interval '15 minutes'
        AND NOT EXISTS (
            SELECT FROM webhook_deliveries AS tried
            WHERE tried.endpoint_id = d.endpoint_id AND tried.last_attempt_at > now() - interval '15 minutes')
        AND NOT EXISTS (
            SELECT FROM webhook_deliveries AS earlier
            WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject = d.subject
                AND earlier.state = 'pending' AND earlier.event_id < d.event_id)
    """,
    (Rule("webhook_overdue", "no webhook is overdue without an attempt at its endpoint", ("delivery", "webhook")),),
)
