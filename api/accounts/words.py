"""Each contract's own words for a role."""

from models.enums import Role

#: Tinder's words. It knows no firms: a developer or an agency acts there as an agent.
TINDER_ROLES = {
    "tenant": Role.TENANT,
    "landlord": Role.LANDLORD,
    "agent": Role.REALTOR,
    "admin": Role.ADMIN,
}


def tinder_role(role: Role) -> str:
    """A role in tinder's words.

    >>> tinder_role(Role.REALTOR), tinder_role(Role.DEVELOPER)
    ('agent', 'agent')
    """
    return next((word for word, known in TINDER_ROLES.items() if known is role), "agent")
