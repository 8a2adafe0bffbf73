"""Operations on a user's own account, as named in the table of tests/api/test_access.py."""

_EXPORT = "/users/me/exports/<int:export_id>"
ACCOUNT = (
    "GET /auth/sessions",
    "DELETE /auth/sessions/<int:session_id>",
    "GET /auth/identifiers",
    "POST /auth/identifiers/confirm",
    "POST /auth/identifiers/drop",
    "GET /notifications",
    "GET /notifications/switches",
    "PATCH /notifications/switches",
    "POST /users/me/exports",
    f"GET {_EXPORT}",
    f"GET {_EXPORT}/file",
)
