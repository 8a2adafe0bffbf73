"""
Names of what can be taken back: an archived row, a completed match, one side's last action on a pair, or what was done
with several rows at once.
"""

import re

from models.core.enums import Side

TOKEN = re.compile(r"(lead|property|match)-([0-9]{1,18})|(LEAD|PROPERTY)-([0-9]{1,18})-([0-9]{1,18})")


#: Rows that are acted on at once, at most.
MAX_SEVERAL = 100
#: Which side's rows; where they were moved, or what was done with a tag; the tag; which rows.
SEVERAL = re.compile(
    r"(LEAD|PROPERTY)-(archived|restored|tagged|untagged)-([0-9a-f]{0,400})-([0-9]{1,18}(?:\.[0-9]{1,18}){0,99})"
)


def undo_of_several(side: Side, done: str, tag: str, ids: list[int]) -> str:
    """
    The token that takes back what was *done* with several rows: archived, restored, tagged or untagged.

    >>> undo_of_several(Side.LEAD, "archived", "", [3, 7])
    'LEAD-archived--3.7'
    >>> read_several(undo_of_several(Side.PROPERTY, "tagged", "срочно", [5]))
    (<Side.PROPERTY: 'PROPERTY'>, 'tagged', 'срочно', [5])
    """
    return f"{side}-{done}-{tag.encode().hex()}-{'.'.join(map(str, ids))}"


def read_several(token: str) -> tuple[Side, str, str, list[int]] | None:
    """What a token of :func:`undo_of_several` names; None: it is none."""
    found = SEVERAL.fullmatch(token)
    try:
        return found and (Side(found[1]), found[2], bytes.fromhex(found[3]).decode(), [*map(int, found[4].split("."))])
    except ValueError:
        return None


def undo_of_action(side: Side, lead_id: int, property_id: int) -> str:
    """
    The token that takes one side's last action on a pair back.

    >>> undo_of_action(Side.LEAD, 3, 7)
    'LEAD-3-7'
    """
    return f"{side}-{lead_id}-{property_id}"


def known_token(token: str | None) -> str | None:
    """The token itself if it is one, so that no link puts another's words into our forms."""
    return token if token and (TOKEN.fullmatch(token) or read_several(token)) else None
