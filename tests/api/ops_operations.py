"""Who may call the operations on the engine, for tests/api/test_access.py."""

OPERATORS = "admin, operator"

OPERATIONS = {
    "GET /ops/markets": OPERATORS,
    "POST /ops/markets/merge": OPERATORS,
    "POST /ops/rescoring-runs": OPERATORS,
    "GET /ops/rescoring-runs": OPERATORS,
    "GET /ops/rescoring-runs/<int:run_id>": OPERATORS,
    "POST /ops/rescoring-runs/<int:run_id>/cancel": OPERATORS,
    "POST /ops/rescoring-runs/<int:run_id>/retry": OPERATORS,
}
