"""Each contract's own names of the roles."""

from models.core.enums import Role

#: Tinder's words. It has no firms: developers and agencies act there as agents.
TINDER_ROLES = {
    "tenant": Role.TENANT,
    "landlord": Role.LANDLORD,
    "agent": Role.REALTOR,
    "admin": Role.ADMIN,
}

#: The roles that administrators assign and see: tinder's words, and roles of our own.
GRANTED_ROLES = TINDER_ROLES | {"operator": Role.OPERATOR, "marketer": Role.MARKETER}

#: The words that the portal accepts.
PORTAL_ROLES = {
    "user": Role.TENANT,
    "realtor": Role.REALTOR,
    "developer": Role.DEVELOPER,
    "agency": Role.AGENCY,
}

#: The labels that the portal shows to people.
PORTAL_LABELS = {
    Role.TENANT: "Пользователь",
    Role.LANDLORD: "Собственник",
    Role.REALTOR: "Риелтор",
    Role.DEVELOPER: "Застройщик",
    Role.AGENCY: "Агентство",
    Role.OPERATOR: "Оператор",
    Role.MARKETER: "Маркетолог",
    Role.ADMIN: "Администратор",
}


def tinder_role(role: Role) -> str:
    """A role in the swipe contract's words; roles of our own keep their names.

    >>> tinder_role(Role.REALTOR), tinder_role(Role.DEVELOPER), tinder_role(Role.OPERATOR)
    ('agent', 'agent', 'operator')
    """
    return next((word for word, known in GRANTED_ROLES.items() if known is role), "agent")
