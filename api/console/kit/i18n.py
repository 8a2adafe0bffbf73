"""The language of the pages, and their sentences from the catalogue (models/translations).

The English sentence in a template or in code is the message's id: `{{ _('Sign in') }}`, `translate("Saved.")`.
"""

import functools
from contextvars import ContextVar
from enum import StrEnum

from flask import request
from markupsafe import Markup

from api.http.language import accepted_language
from api.http.request_state import current
from models.core.amounts import print_number
from models.core.errors import DomainError, Fault, InvalidValueError
from models.core.numbers import UnreadableError
from models.translations import catalogue

#: The names of the languages in a page's switch.
LANGUAGES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}
NBSP = "\u00a0"
#: The language of the request that this thread answers. It is not read from `g`, because a page of cards reads it
#: thousands of times.
_language: ContextVar[str] = ContextVar("language", default="ru")


def choose_language() -> None:
    """
    Before a page: set the language to the visitor's choice, otherwise the browser's preference, otherwise Russian.
    """
    chosen = request.cookies.get("lang")
    if chosen not in LANGUAGES:
        chosen = accepted_language("ru")
    current().language = chosen
    _language.set(chosen)


def language() -> str:
    return _language.get()


def translate(sentence: str, **facts: object) -> str:
    """A sentence in the page's language with its values; without a translation it stays English."""
    if not facts:
        return _plain(language(), sentence)
    for fact in facts.values():
        if type(fact) not in _KEYS:
            return catalogue.translate(language(), sentence, facts)
    return _with_facts(language(), sentence, **facts)


# Cached: a page of a hundred cards contains a few dozen different sentences thousands of times.
_plain = functools.lru_cache(4096)(catalogue.translate)


#: The types of facts that read alike if they are equal. 1.0 equals 1, and Decimal("0.50") equals Decimal("0.5").
_KEYS = frozenset({str, int, Markup})


@functools.lru_cache(4096)
def _with_facts(language_: str, sentence_: str, /, **facts: object) -> str:
    return catalogue.translate(language_, sentence_, facts)


def translate_error(error: DomainError) -> str:
    """The sentence of an error in the page's language, without the path of a field."""
    if isinstance(error, InvalidValueError | UnreadableError):
        return translate_fault(error.fault)
    return translate_fault(Fault(error.code, **error.facts))


def translate_fault(fault: str) -> str:
    """The sentence of a fault in the page's language."""
    return catalogue.describe_fault(language(), fault)


def counted(count: int, noun: str) -> str:
    """A count with its noun: `3 лида`."""
    return f"{print_number(count)}{NBSP}{noun_of(count, noun)}"


def noun_of(count: int, noun: str) -> str:
    """The form that a noun has after a count."""
    return catalogue.translate_count(language(), noun, count)


def word(value: StrEnum | str | None) -> str:
    """The display text of an enumeration's value; `offer SALE` is that of SALE for an offer."""
    return "—" if value is None else catalogue.translate_word(language(), str(value))


#: The message of a page after an action, by the key in the address.
OUTCOMES = {
    "saved": "Saved.",
    "already_saved": "It was saved already: nothing was added twice.",
    "archived": "Archived: it is off the market.",
    "several_archived": "Archived: they are off the market.",
    "several_restored": "They are back on the market.",
    "several_tagged": "Tagged.",
    "several_priced": "Prices changed.",
    "view_saved": "View saved.",
    "view_dropped": "View deleted.",
    "several_untagged": "Tag removed.",
    "unchanged": "Nothing changed: it was already so.",
    "liked": "Liked. If the other side likes it too, it is a match.",
    "matched": "It is a match!",
    "agreed": "Commission agreed; contacts are shared.",
    "disliked": "Put aside.",
    "completed": "The deal is done. Congratulations! Both sides are off the market, and the other side is notified.",
    "objected": "Objection recorded: the lead and the property are back on the market, and everything is as it was.",
    "restored": "Back on the market.",
    "run": "The run has been requested.",
    "joined": "The same run is already in progress.",
    "cancelled": "Cancelled.",
    "merged": "Towns merged; lists will be updated within moments.",
    "sent": "Queued.",
    "reply_sent": "Sent to the contact by Telegram.",
    "reply_recorded": "Recorded. It was not sent: answer in the channel itself.",
    "merged_users": "The accounts are merged.",
    "weights": "Weights changed; lists will be updated by the next run.",
    "retried": "Failed parts are queued again.",
    "changed": "Changed.",
    "kept": "Added to favourites.",
    "removed": "Removed from favourites.",
    "asked": "The owner has received your inquiry.",
    "undone": "Taken back.",
    "read": "Marked as read.",
    "out": "You are signed out.",
    "signed_up": "Welcome! Your account has been created.",
    "signed_up_link": "Your account has been created. Open the link in our e-mail in this browser to confirm it.",
    "moved": "The inquiry has been updated.",
    "search_saved": "Search saved: you will be notified of new homes and price cuts.",
    "search_removed": "Search removed.",
    "notifications_stopped": "Notifications stopped.",
    "preferences": "Saved; the feed is ranked again.",
    "struck": "Removed; the list will be updated.",
    "samples_added": "The sample data is here; its lists fill within moments.",
    "samples_removed": "Sample data removed.",
    "withdrawn": "They are now off the market.",
    "photos_added": "Photos added.",
    "documents_added": "Documents added.",
    "document_deleted": "Document deleted.",
    "photo_removed": "Photo removed.",
    "selection_made": "The selection is ready: send its link to your client.",
    "selection_withdrawn": "Selection withdrawn: its link no longer works.",
    "source_removed": "Source removed; its homes are in the archive.",
    "webhook_test": "The test is on its way; see the log for its result.",
    "webhook_replay": "It will be sent again.",
    "webhook_removed": "Webhook removed.",
    "task_made": "Planned.",
    "task_done": "Done.",
    "task_deleted": "Deleted.",
    "shortlisted": "On the shortlist: only you see it.",
    "unshortlisted": "Removed from the shortlist.",
    "unstruck": "Restored; the list will be updated.",
    "request_closed": "Request closed: it gets no more offers.",
    "request_reopened": "Request reopened; offers will appear within moments.",
    "template_kept": "Saved as a template.",
    "erased": "Your account has been deleted.",
    "answered": "The answer is sent.",
    "agency_created": "The agency has been created. Invite your agents.",
    "agency_joined": "You have joined the agency.",
    "reassigned": "Reassigned: the new agent has it, and both agents are notified.",
    "agency_left": "You have left the agency. Your leads and properties stay yours.",
    "agency_dissolved": "The agency has been dissolved.",
    "member_removed": "Removed from the agency. Their leads and properties stay theirs.",
    "head_changed": "The agency has a new head.",
    "invitation_withdrawn": "Invitation withdrawn: its link no longer works.",
}


def outcome(key: str | None) -> str | None:
    """The sentence of a key; an unknown key has none, so that links cannot put text into our pages."""
    return translate(OUTCOMES[key]) if key in OUTCOMES else None
