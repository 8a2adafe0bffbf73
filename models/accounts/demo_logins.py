"""The accounts of the demo. Their passwords are public, so they are only ever set on a local system."""

from models.core.enums import Role

#: E-mail and role of one user of each kind; the realtor has data in every contract.
DEMO_LOGINS = (
    ("demo@leadmatch.example", Role.REALTOR),
    ("tenant@leadmatch.example", Role.TENANT),
    ("admin@leadmatch.example", Role.ADMIN),
    ("operator@leadmatch.example", Role.OPERATOR),
    ("marketer@leadmatch.example", Role.MARKETER),
)
DEMO_PASSWORD = "leadmatch-demo"  # noqa: S105 - published; its users exist in ENVIRONMENT=local only
