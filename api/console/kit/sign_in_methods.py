"""The methods of signing in, in words."""

#: Sign-in method of a session or of an entry of the audit log -> its name on pages.
METHOD_NAMES = {
    "password": "Password",
    "sms": "Code by SMS",
    "telegram": "Telegram",
    "bot": "Telegram",
    "mini_app": "Telegram",
    "email": "Link by e-mail",
    "registration": "Registration",
    "invitation": "Invitation",
}
#: Identifiers and passwords (:class:`models.accounts.identity.Claim`) -> their names on pages.
IDENTIFIERS = {"phone": "Phone", "email": "E-mail", "telegram": "Telegram", "password": "Password"}
