"""Names of what can be taken back: an archived row, a completed match, or one side's last action on a pair."""

import re

from models.core.enums import Side

TOKEN = re.compile(r"(lead|property|match)-([0-9]{1,18})|(LEAD|PROPERTY)-([0-9]{1,18})-([0-9]{1,18})")


def undo_of_action(side: Side, lead_id: int, property_id: int) -> str:
    """
    The token that takes one side's last action on a pair back.

    >>> undo_of_action(Side.LEAD, 3, 7)
    'LEAD-3-7'
    """
    return f"{side}-{lead_id}-{property_id}"


def known_token(token: str | None) -> str | None:
    """The token itself if it is one, so that no link puts another's words into our forms."""
    return token if token and TOKEN.fullmatch(token) else None
