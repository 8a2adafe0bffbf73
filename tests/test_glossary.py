"""Retired terms do not return: names, files, URLs, metrics and docs use the terms of docs/glossary.md."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "matching", "models", "scripts", "tests", "worker")

#: Retired name -> its replacement. Only whole names count: `doors` forbids neither the word in sentences nor `indoors`.
RETIRED = {
    "doors": "sign_in",
    "portal_doors": "portal_auth",
    "bell": "live_updates",
    "switchboard": "chat_hub",
    "speech": "i18n",
    "NoticeType": "NotificationType",
    "notice": "notification",
    "notices_of": "notifications_of",
    "said_reading": "describe_reading",
    "SAID": "OUTCOMES",
    "IMPORT_ERRORS": "imports.po",
    "IMPORT_PATTERNS": "imports.po",
    "LINK_TEXT": "mail.link",
    "Complaints": "error messages",
    "statics": "assets",
    "membership": "role_names",
    "boards": "match_board",
    "probes": "invariant_queries",
    "transitions": "state_moves",
    "ordered_ids": "uuid7",
    "partials": "partial_lists",
    "list_orders": "display_order",
    "tinder": "swipe",
    "_settle": "rescore_changed",
    "_settle_apart": "retry_one_by_one",
    "_set_aside": "quarantine",
    "HEALS": "RETRY_ON_DATABASE_ERRORS",
    "Horizon": "ReadWatermark",
    "Before": "FormerVectors",
    "_Fresh": "ChangedScores",
    "poison": "failing_rows",
    "memory_given_back": "trim_heap_after",
    "measures": "metrics",
    "_noted": "recorded",
    "WHOLE_SCORE": "POINTS_PER_100",
    "MOST_UNITS": "MAX_UNITS",
    "_look_first": "_probe_thresholds",
    "_sort_out": "_keep_survivors",
    "PARTS": "ANSWER_SCALE",
    "SURE": "ONE_SIDED_95",
    "_ROUNDS": "_REWEIGHTINGS",
    "LEADS_AT_ONCE": "the chunk of the one module",
    "Switchboard": "ChatHub",
    "Talker": "ChatSession",
    "DOOR": "AUTH_LIMIT",
    "limit_door": "limit_auth_attempts",
    "take_turns": "lock_run_requests",
    "place_of": "error_location",
    "cuts": "entry_thresholds",
    "LOOK": "CHANGED",
    "seats": "slots",
    "told_facts": "effective_facts",
    "NOT_TOLD": "NOT_STATED",
    "UNTOLD": "NOT_STATED",
    "tell_of_new_entries": "queue_new_entry_events",
    "tell_at_once": "send_immediate_notifications",
    "tell_recommendations": "notify_new_recommendations",
    "tell_search_news": "notify_search_news",
    "tell_news": "check_for_news",
    "tell_defaults": "describe_defaults",
    "let_out": "delete_session_cookie",
    "PATIENCE": "WAIT_LIMIT",
    "PATIENCE_SECONDS": "WAIT_LIMIT_SECONDS",
    "HASTE": "FASTER_POLLING",
    "TALKATIVE": "CONVERSATION_SCALE",
    "READ_FOR_ONE": "ADVERTS_READ_PER_SHOWN",
    "NOT_A_ROWS_FAULT": "SYSTEM_FAILURES",
    "UNWATCHED": "NO_CONTROL",
    "TURN_SECONDS": "CHECK_INTERVAL_SECONDS",
    "TURNS_A_HEARTBEAT": "CHECKS_PER_HEARTBEAT",
    "WAYS_BACK": "ACCEPTING_OPERATIONS",
    "UNREMARKABLE": "PROBE_PATHS",
    "way_in": "auth_attempt",
    "is_way_in": "is_auth_attempt",
    "still_let_in": "key_checker",
    "twin_of": "duplicate_of",
    "refuse_twin": "refuse_duplicate",
    "bearers": "towns_with_name",
    "look_at": "signal_match_changed",
    "came_back": "has_returned",
    "room_for_photos": "remaining_photos",
    "hears_others": "is_subscribed",
    "give_prices_back": "undo_price_change",
    "roughly_fitting": "nearest_to_budget",
    "read_towns_anew": "reread_towns",
    "written_here": "written_ids",
    "moved_here": "moved_to_market",
    "words_only": "plain_message",
    "outside_channels": "external_channels",
    "WHEN_HANDED_OVER": "EndAccess",
    "PutAsideWords": "FormerOwnerNotes",
    "as_was": "original_values",
    "WAS": "ORIGINAL_VALUES",
    "TAKE": "USE_STORED_VALUE",
    "last_ends": "last_results",
    "note_failure": "record_failure",
    "Says": "Rule",
    "Senses": "Meanings",
    "SaidMessage": "ChatMessageRow",
    "heir": "new_owner",
    "flying": "in_flight",
    "most": "maximum",
    "fewest": "minimum",
    "say_one": "format_value",
    "sort_out": "check_files",
    "FoundUser": "MatchingUser",
    "FoundHomes": "SearchResults",
    "found_prospects": "search_prospects",
    "photos_here": "stored_addresses",
    "ReadMark": "ReadPosition",
    "WhichPhone": "PhoneBody",
    "WhichEmail": "EmailBody",
    "WhichClaim": "ClaimBody",
    "WhoSignsUp": "SignUpFields",
    "hold_shard": "lock_shard",
    "holds_words": "contains_words",
    "_drawn_anew": "_redrawn",
    "Pressed": "PressedButton",
    "Gathered": "UnsentCounts",
    "Picked": "SelectedHome",
    "Lacking": "ListsToRefill",
    "PriceIn": "PriceInCurrency",
    "entered": "record_sign_in",
    "NotMadeError": "CallNotMadeError",
    "anybody": "public_page",
    "_untold": "_has_no_stated_currency",
    "RunGoingError": "RunInProgressError",
    "happenings": "new_events",
    "Happening": "NewEvent",
    "killers": "crashing",
    "killer": "crashes_worker",
    "quarantine_killers": "quarantine_crashing",
    "significant_places": "significant_positions",
    "go_on_with_run": "continue_run",
    "remove_what_failed": "remove_uncommitted_files",
    "keeps_no_answer": "ignores_idempotency_key",
    "earlier_answer": "stored_response",
    "openness_of": "risky_settings",
    "days_asked": "requested_days",
    "asked_for": "demand_of_tenants",
    "named_source": "requested_source",
    "proved_by_code": "user_proven_by_code",
    "keep_an_admin": "require_another_admin",
    "still_holds": "token_is_valid",
    "note_entry": "audit_sign_in",
    "act_on_several": "apply_to_selected",
    "move_several": "change_statuses",
    "list_places": "list_appearances",
    "take_back": "undo_action",
    "take_back_completion": "undo_own_completion",
    "take_back_document": "restore_document",
    "take_back_task": "undo_task_change",
    "take_update": "claim_update",
    "take_call": "claim_call",
    "put_back_call": "release_call",
    "put_back": "release_claim",
    "take_due": "claim_due",
    "take_reply": "claim_reply",
    "take_to_send": "claim_for_sending",
    "take_order": "mark_ordered",
    "take_failure": "pop_failure",
    "take_import": "perform_import",
    "keep_set": "store_live_set",
    "keep_template": "add_template",
    "drop_template": "delete_template",
    "keep_snapshot": "cache_snapshot",
    "put_photo_back": "restore_photo",
    "note_favorite": "set_favorite_note",
    "note_change": "mark_score_stale",
    "keep_attempt": "delete_other_attempts",
    "take_figures": "set_ad_figures",
    "give_back": "release",
    "bring_back_uploads": "move_stray_uploads",
    "kept_market": "new_city_key",
    "horizon": "oldest_open_transaction",
}

#: Limits are called MAX_ and MIN_; functions that delete rows or clear caches are called delete_, purge_ or clear_.
RETIRED_PREFIX = re.compile(r"_?(MOST|LEAST|FEW|FEWEST)_[A-Z]|MOST$|_?forget_")

#: File names that must not return, because they mean nothing or have another meaning now: folder -> names.
RETIRED_FILES = {
    "api/console": {
        "domain_words",
        "error_messages",
        "number_messages",
        "russian_sentences",
        "complaints",
        "controls",
        "fit",
        "pairs",
        "page",
        "people",
        "russian",
        "russian_imports",
        "shapes",
        "vocabulary",
    }
    | {"words"},
    "api/bot": {"talk"},
    "api/http": {"json", "paths", "requests", "work"},
    "matching/prospect_quality": {"quality"},
    "matching/reading": {"words", "also_and_own"},
    "models/core": {"words"},
    "models/market": {"twins", "several"},
    "models/market/search": {"words"},
    "models/deals": {"match_notices", "offers", "alike", "taking_back"},
    "models/sources": {"elsewhere", "taking"},
    "models/upkeep": {"handing_over"},
    "models/platform": {"prepared"},
    "models/ranking": {"attention"},
    "tests/console": {"test_complaints", "test_doors"},
    "tests/models/deals": {"test_offers"},
    "tests/worker/jobs": {"test_notices"},
    "worker/lists": {"apart", "cuts"},
    "worker/queue": {"measures", "watch"},
}


def is_retired(name: str) -> bool:
    return name in RETIRED or RETIRED_PREFIX.match(name) is not None


def retired_names(source: str) -> Iterator[tuple[int, str]]:
    """The line and name of each retired name in a module's code."""
    # Most modules have no such word at all, and finding words takes a tenth of the time of finding names.
    if any(map(is_retired, set(re.findall(r"\w+", source)))):
        yield from ((line, name) for line, name in names_in(source) if is_retired(name))


def names_in(source: str) -> Iterator[tuple[int, str]]:
    """Every name in a module's code; words in comments and strings are ignored."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def files(*endings: str) -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            # Migrations are history and keep the names of their time.
            if path.suffix in endings and not {"versions", "vendor", "redoc"} & set(path.parts):
                yield path


@pytest.mark.parametrize("package", PACKAGES)
def test_code_uses_no_retired_name(package):
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {name}: now {RETIRED.get(name, 'see RETIRED_PREFIX')}"
        for path in files(".py")
        if path.relative_to(ROOT).parts[0] == package
        for line, name in retired_names(path.read_text())
    ]

    assert wrong == []


def test_no_file_has_a_retired_name():
    wrong = []
    for path in files(".py", ".html", ".js", ".css"):
        folder = str(path.relative_to(ROOT).parent)
        retired = {
            name for parent, names in RETIRED_FILES.items() if f"{folder}/".startswith(f"{parent}/") for name in names
        }
        if path.stem in RETIRED or path.stem in retired:
            wrong.append(str(path.relative_to(ROOT)))

    assert wrong == []


def test_urls_and_metrics_have_no_retired_name():
    wrong = []
    for path in files(".py"):
        text = path.read_text()
        named = re.findall(r'\.route\(\s*"([^"]+)"', text) + re.findall(r'"(leadmatch_\w+)"', text)
        wrong += [
            f"{path.relative_to(ROOT)}: {name}" for name in named if RETIRED.keys() & set(re.split(r"[/_<>:-]", name))
        ]

    assert wrong == []


def test_docs_name_no_retired_thing():
    """Checks `code` only: the tenants' published contract is called tinder, and a sentence may contain "doors"."""
    wrong = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for code in re.findall(r"`([^`\n]+)`", path.read_text()):
            if RETIRED.keys() & set(re.findall(r"\w+", code)):
                wrong.append(f"{path.relative_to(ROOT)}: {code}")

    assert wrong == []


def test_every_term_of_the_glossary_is_explained_once():
    terms = re.findall(r"^- ((?:\*\*[^*]+\*\*(?:, )?)+)", (ROOT / "docs/glossary.md").read_text(), re.M)
    names = [name for term in terms for name in re.findall(r"\*\*([^*]+)\*\*", term)]

    assert len(names) > 40
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize("name", ["doors", "MOST_UNITS", "_FEWEST_ROOMS", "MOST"])
def test_a_retired_name_is_found_in_code(name):
    """Tests the check itself: names of modules without any such word are not looked at."""
    assert list(retired_names(f"x = 1\ndef f():\n    return {name}\n")) == [(3, name)]


def test_names_are_distinguished_from_words():
    """Tests the check itself: comments and strings may contain words that names may not."""
    found = [name for _, name in names_in('"""doors"""\nx = 1  # doors\nfor doors in "doors":\n    y.bell = doors\n')]

    assert found.count("doors") == 2
    assert "bell" in found
