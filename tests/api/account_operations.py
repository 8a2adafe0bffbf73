"""Operations of one's own account, which every user has, as the table of tests/api/test_access.py names them."""

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
