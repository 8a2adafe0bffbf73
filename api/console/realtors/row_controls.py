"""
The controls of a row in the lists of one's own leads and properties: its checkbox, and the form to edit it in place.

They are markup rather than a template: a page has up to a hundred such rows, and escaping each value of their forms in
a template took a third of the time of the answer to a search.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlencode

from markupsafe import Markup, escape

from api.console.kit.access import csrf_token
from api.console.kit.formatting import money
from api.console.kit.i18n import translate, word
from api.console.kit.icons import icon
from models.core.enums import Side, Status
from models.market.leads import Lead
from models.market.properties import Property


class RowControls:
    """
    The controls of the rows of one page.

    Args:
        path: The list's path.
        address: The parameters of the page, to which the form returns.
        tags: The tags of each row, by its id.
    """

    def __init__(self, side: Side, path: str, address: Mapping[str, object], tags: Mapping[int, Sequence[str]]) -> None:
        self._path, self._tags = path, tags
        self._amount_label = escape(translate("Budget to") if side is Side.LEAD else translate("Price"))
        self._status_label, self._save_label = escape(translate("Status")), escape(translate("Save"))
        self._tags_label, self._tags_hint = escape(translate("Tags")), escape(translate("separated by commas"))
        self._pencil = icon("edit", size=16)
        self._hidden = (
            f'<input type="hidden" name="csrf" value="{csrf_token()}">'
            f'<input type="hidden" name="was" value="{escape(urlencode(address))}">'
        )
        self._statuses = {present: _options(present) for present in Status}

    def pick(self, row_id: int, name: str) -> Markup:
        """The checkbox that selects a row."""
        label = escape(translate("Select {name}", name=name))
        return Markup(  # noqa: S704 - a number, and an escaped label
            f'<label class="pick-row"><input type="checkbox" name="id" value="{row_id}" form="several" data-pick '
            f'aria-label="{label}"></label>'
        )

    def quick(self, row: Lead | Property, name: str, amount: Decimal | None) -> Markup:
        """The form that changes a row without leaving the list."""
        row_id = row.id
        label = escape(translate("Edit {name} here", name=name))
        shown_amount = "" if amount is None else escape(money(amount, row.currency))
        shown_tags = escape(", ".join(self._tags.get(row_id, ())))
        return Markup(  # noqa: S704 - every part is a number, or escaped here or above
            f'<details class="quick"><summary aria-label="{label}">{self._pencil}</summary>'
            f'<form class="quick-form" method="post" action="{self._path}/{row_id}/quick" data-quick>{self._hidden}'
            f'<input type="hidden" name="version" value="{row.version}">'
            f'<div class="field"><label for="qa{row_id}">{self._amount_label}</label>'
            f'<input id="qa{row_id}" name="amount" value="{shown_amount}" data-amount></div>'
            f'<div class="field"><label for="qs{row_id}">{self._status_label}</label>'
            f'<select id="qs{row_id}" name="status">{self._statuses[row.status]}</select></div>'
            f'<div class="field"><label for="qt{row_id}">{self._tags_label}</label>'
            f'<input id="qt{row_id}" name="tags" value="{shown_tags}" placeholder="{self._tags_hint}"></div>'
            f'<button class="button primary">{self._save_label}</button></form></details>'
        )


def _options(present: Status) -> str:
    """The options of a status, *present* selected."""
    return "".join(
        f'<option value="{each.value}"{" selected" if each is present else ""}>{escape(word(each))}</option>'
        for each in Status
    )
