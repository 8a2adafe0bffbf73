"""The language of the pages, and their sentences from the catalogue (models/translations).

The English sentence in a template or in code is the message's id: `{{ _('Sign in') }}`, `translate("Saved.")`.
"""

import functools
from contextvars import ContextVar
from enum import StrEnum

from flask import request

from api.http.language import accepted_language
from api.http.request_state import current
from models.core.amounts import print_number
from models.core.errors import DomainError, Fault, InvalidValueError
from models.core.numbers import UnreadableError
from models.translations import catalogue

#: As the switch of a page shows them.
LANGUAGES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}
NBSP = "\u00a0"
#: The language of the request that this thread answers. Not read from `g`: a page of cards asks thousands of times.
_language: ContextVar[str] = ContextVar("language", default="ru")


def choose_language() -> None:
    """Before a page: the visitor's choice, or else the browser's preference, or else Russian."""
    chosen = request.cookies.get("lang")
    if chosen not in LANGUAGES:
        chosen = accepted_language("ru")
    current().language = chosen
    _language.set(chosen)


def language() -> str:
    return _language.get()


def translate(sentence: str, **facts: object) -> str:
    """A sentence in the page's language with its values; without a translation it stays English."""
    if facts:
        return catalogue.translate(language(), sentence, facts)
    return _plain(language(), sentence)


# A page of a hundred cards says a few dozen sentences thousands of times.
_plain = functools.lru_cache(4096)(catalogue.translate)


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
    """A value of an enumeration in people's words; `offer SALE` is the word of SALE for an offer."""
    return "—" if value is None else catalogue.translate_word(language(), str(value))


#: What a page says after something was done, by the key that the address carries.
OUTCOMES = {
    "saved": "Saved.",
    "archived": "Archived: it is off the market.",
    "several_archived": "Archived: they are off the market.",
    "several_restored": "They are back on the market.",
    "several_tagged": "Tagged.",
    "several_priced": "The prices are changed.",
    "view_saved": "The view is saved.",
    "view_dropped": "The view is deleted.",
    "several_untagged": "The tag is taken off.",
    "unchanged": "Nothing changed: it was so already.",
    "liked": "Liked. If the other side likes it too, it is a match.",
    "matched": "It is a match!",
    "agreed": "Commission agreed; contacts are open.",
    "disliked": "Put aside.",
    "completed": "The deal is done. Congratulations! Both sides are off the market; the other side is told.",
    "objected": "Objected: lead and property are back on the market, and everything is as it was.",
    "restored": "Back on the market.",
    "run": "The run has been asked for.",
    "joined": "The same run is going already.",
    "cancelled": "Cancelled.",
    "merged": "The towns are merged; lists follow within moments.",
    "sent": "Sent to the workers.",
    "reply_sent": "Sent to the contact by Telegram.",
    "reply_recorded": "Recorded. It was not sent: answer in the channel itself.",
    "merged_users": "The accounts are merged.",
    "weights": "The weights are changed; lists follow with the next run.",
    "retried": "Failed parts are queued again.",
    "changed": "Changed.",
    "kept": "Kept in favourites.",
    "removed": "Removed from favourites.",
    "asked": "The owner has got your inquiry.",
    "undone": "Taken back.",
    "read": "Marked as read.",
    "out": "You are signed out.",
    "signed_up": "Welcome! Your account is made.",
    "signed_up_link": "Your account is made. Open the link in our e-mail in this browser to confirm the address.",
    "moved": "The inquiry has moved on.",
    "search_saved": "The search is saved: new homes and price cuts will be told.",
    "search_removed": "The search is removed.",
    "notifications_stopped": "The notifications are stopped.",
    "preferences": "Saved; the feed is ranked anew.",
    "struck": "Struck out; the list follows.",
    "samples_added": "Here is the sample data; the lists fill within moments.",
    "samples_removed": "The sample data is removed.",
    "withdrawn": "They are off the market.",
    "photos_added": "The photos are added.",
    "documents_added": "The documents are added.",
    "document_deleted": "The document is deleted.",
    "photo_removed": "The photo is taken off.",
    "selection_made": "The selection is made: send its link to your client.",
    "selection_withdrawn": "The selection is withdrawn: its link opens nothing any more.",
    "source_removed": "The source is removed; its homes are in the archive.",
    "webhook_test": "The test is on its way; its line stands in the log.",
    "webhook_replay": "It is sent again.",
    "webhook_removed": "The webhook is removed.",
    "task_made": "Planned.",
    "task_done": "Done.",
    "task_deleted": "Deleted.",
    "shortlisted": "On the shortlist: nobody is told.",
    "unshortlisted": "Off the shortlist.",
    "unstruck": "Taken back in; the list follows.",
    "request_closed": "The request is closed: it gets no offers any more.",
    "request_reopened": "The request is open again; offers follow within moments.",
    "template_kept": "Kept as a template.",
    "erased": "Your account is deleted.",
    "answered": "The answer is sent.",
    "agency_created": "The agency is founded. Invite your agents.",
    "agency_joined": "You are in the agency.",
    "reassigned": "Reassigned: the new agent has it, and both are told.",
    "agency_left": "You have left the agency. Your leads and properties stay yours.",
    "agency_dissolved": "The agency is dissolved.",
    "member_removed": "Removed from the agency. Their leads and properties stay theirs.",
    "head_changed": "The headship is handed over.",
    "invitation_withdrawn": "The invitation is withdrawn: its link opens nothing any more.",
}


def outcome(key: str | None) -> str | None:
    """The sentence of a key; an unknown key yields none, so that links cannot put text into our pages."""
    return translate(OUTCOMES[key]) if key in OUTCOMES else None
