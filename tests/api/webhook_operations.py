"""The operations of webhooks, as the table of tests/api/test_access.py names them."""

_ONE = "/webhooks/<int:webhook_id>"
WEBHOOKS = (
    "GET /webhooks",
    "POST /webhooks",
    f"GET {_ONE}",
    f"PATCH {_ONE}",
    f"DELETE {_ONE}",
    f"POST {_ONE}/secret",
    f"POST {_ONE}/test",
    f"GET {_ONE}/deliveries",
    f"POST {_ONE}/deliveries/<int:delivery_id>/replay",
    f"POST {_ONE}/replay",
)
