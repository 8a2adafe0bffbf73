"""
What operations are called in the document, and so in clients that are generated from it.

A name stays as long as its operation: generated clients call it. An operation without an entry is called by its method
and path.
"""

import re

NAMES = {
    "GET /health": "get_health",
    "GET /health/live": "get_liveness",
    "GET /health/ready": "get_readiness",
    "GET /media/{name}": "get_media_file",
    "POST /auth/register": "register",
    "POST /auth/login": "log_in",
    "POST /auth/logout": "log_out",
    "PUT /auth/password": "change_password",
    "GET /auth/me": "get_profile",
    "GET /auth/identifiers": "list_identifiers",
    "POST /auth/identifiers/confirm": "confirm_identifier",
    "POST /auth/identifiers/drop": "drop_identifier",
    "GET /auth/sessions": "list_sessions",
    "DELETE /auth/sessions/{session_id}": "end_session",
    "POST /auth/email": "send_login_link",
    "POST /auth/email/token": "log_in_by_link",
    "POST /auth/password/reset": "reset_password",
    "POST /admin/invitations": "create_invitation",
    "POST /auth/invitation": "accept_invitation",
    "POST /auth/telegram": "log_in_by_telegram",
    "POST /auth/telegram/login-or-register": "log_in_by_bot",
    "POST /users/register": "register_by_phone",
    "POST /users/activate": "activate_user",
    "POST /users/token": "log_in_by_code",
    "POST /users/reset": "send_code",
    "GET /users/me": "get_portal_profile",
    "PUT /users/update": "update_portal_profile",
    "DELETE /users/delete": "delete_user",
    "GET /users/list": "list_portal_users",
    "GET /admin/users": "list_users",
    "PATCH /admin/users/{user_id}": "change_user",
    "GET /leads": "list_leads",
    "POST /leads": "create_lead_or_inquiry",
    "GET /leads/{lead_id}": "get_lead",
    "PUT /leads/{lead_id}": "replace_lead",
    "POST /leads/{lead_id}/archive": "archive_lead",
    "POST /leads/{lead_id}/restore": "restore_lead",
    "GET /properties": "list_properties",
    "POST /properties": "create_property",
    "GET /properties/{property_id}": "get_property",
    "PUT /properties/{property_id}": "replace_property",
    "PUT /properties/{property_id}/archive": "archive_property",
    "PUT /properties/{property_id}/restore": "restore_property",
    "GET /leads/{lead_id}/property-recommendations": "list_property_recommendations",
    "GET /properties/{property_id}/lead-recommendations": "list_lead_recommendations",
    "POST /leads/{lead_id}/property-recommendations/{property_id}/action": "act_on_recommended_property",
    "POST /properties/{property_id}/lead-recommendations/{lead_id}/action": "act_on_recommended_lead",
    "POST /leads/understand": "understand_lead",
    "POST /properties/understand": "understand_property",
    "GET /leads/{lead_id}/matches": "list_lead_matches",
    "GET /properties/{property_id}/matches": "list_property_matches",
    "POST /matches/{match_id}/complete": "complete_match",
    "POST /matches/{match_id}/object": "object_to_completion",
    "GET /notifications": "list_notifications",
    "POST /notifications/{notification_id}/read": "mark_notification_read",
    "GET /listings": "search_listings",
    "POST /listings": "create_listing",
    "GET /listings/my": "list_my_listings",
    "GET /listings/{listing_id}": "get_listing",
    "PUT /listings/{listing_id}": "replace_listing",
    "DELETE /listings/{listing_id}": "withdraw_listing",
    "GET /admin/listings": "list_all_listings",
    "GET /preferences": "get_preferences",
    "POST /preferences": "set_preferences",
    "GET /places": "suggest_places",
    "GET /feed/next": "get_next_listing",
    "POST /feed/action": "act_on_listing",
    "POST /feed/undo": "undo_last_action",
    "GET /favorites": "list_favorites",
    "POST /favorites": "add_favorite",
    "DELETE /favorites/{listing_id}": "remove_favorite",
    "GET /leads/my": "list_my_inquiries",
    "GET /leads/for-me": "list_inquiries_for_me",
    "PATCH /inquiries/{inquiry_id}": "change_inquiry_status",
    "POST /properties/create": "create_portal_property",
    "GET /properties/my_properties": "list_portal_properties",
    "POST /users/create_request": "create_request",
    "GET /users/my_requests": "list_requests",
    "GET /my_requests": "list_requests_by_short_path",
    "GET /users/my_requests/{request_id}": "get_request",
    "DELETE /users/my_requests/{request_id}": "close_request",
    "GET /users/my_requests/{request_id}/offers": "list_offers",
    "POST /chat/create_chat": "open_chat",
    "GET /chat/my_chats": "list_chats",
    "GET /chat/chat_messages/{chat_id}": "list_chat_messages",
    "POST /chat/chat_messages/{chat_id}": "send_chat_message",
    "POST /chat/chat_messages/{chat_id}/read": "mark_chat_read",
    "POST /chat/ticket": "create_chat_ticket",
    "GET /chat/ws/{chat_id}": "open_chat_socket",
    "GET /sources": "list_sources",
    "POST /sources": "create_source",
    "GET /sources/{source_id}": "get_source",
    "PATCH /sources/{source_id}": "change_source",
    "DELETE /sources/{source_id}": "delete_source",
    "POST /sources/{source_id}/run": "run_source",
    "GET /sources/{source_id}/imports": "list_source_imports",
    "GET /sources/{source_id}/photos": "get_source_photos",
    "GET /imports": "list_imports",
    "POST /imports": "import_file",
    "GET /imports/{import_id}": "get_import",
    "GET /imports/{import_id}/refused": "export_refused_offers",
    "POST /imports/{import_id}/confirm": "confirm_import",
    "GET /outgoing-feed": "get_outgoing_feed",
    "POST /outgoing-feed": "renew_outgoing_feed",
    "DELETE /outgoing-feed": "end_outgoing_feed",
    "GET /outgoing-feeds/{name}": "read_outgoing_feed",
    "GET /ops/rescoring-runs": "list_rescoring_runs",
    "POST /ops/rescoring-runs": "start_rescoring_run",
    "GET /ops/rescoring-runs/{run_id}": "get_rescoring_run",
    "POST /ops/rescoring-runs/{run_id}/cancel": "cancel_rescoring_run",
    "POST /ops/rescoring-runs/{run_id}/retry": "retry_rescoring_run",
    "GET /ops/markets": "list_markets",
    "POST /ops/markets/merge": "merge_markets",
    "GET /metrics": "get_metrics",
    "GET /api/health": "get_leadgen_health",
    "GET /api/niches": "list_niches",
    "POST /api/niches": "create_niche",
    "GET /api/niches/{niche_id}": "get_niche",
    "PATCH /api/niches/{niche_id}": "change_niche",
    "DELETE /api/niches/{niche_id}": "delete_niche",
    "GET /api/niches/{niche_id}/stats": "get_niche_stats",
    "GET /api/campaigns": "list_campaigns",
    "POST /api/campaigns": "create_campaign",
    "GET /api/campaigns/{campaign_id}": "get_campaign",
    "PATCH /api/campaigns/{campaign_id}/status": "change_campaign_status",
    "GET /api/campaigns/{campaign_id}/ads": "list_ads",
    "POST /api/campaigns/{campaign_id}/ads": "create_ad",
    "PATCH /api/ads/{ad_id}": "change_ad",
    "GET /api/leads": "list_prospects",
    "POST /api/leads": "add_prospect",
    "GET /api/leads/{lead_id}": "get_prospect",
    "PATCH /api/leads/{lead_id}/status": "change_prospect_status",
    "GET /api/leads/{lead_id}/messages": "list_prospect_messages",
    "POST /api/leads/{lead_id}/messages": "add_prospect_message",
    "POST /api/leads/{lead_id}/convert": "convert_prospect",
    "POST /api/leads/import": "import_prospects",
    "GET /api/leads/export": "export_prospects",
    "GET /api/niches/{niche_id}/stats/export": "export_niche_stats",
    "GET /api/events": "follow_events",
    "GET /api/ws": "open_event_socket",
}

#: What the answer of one operation gives to others: operation -> status -> name of the parameter, its place in the
#: answer, and the operations that take it.
LINKS: dict[str, dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "create_lead_or_inquiry": {
        "201": ("lead_id", "lead_id", ("get_lead", "replace_lead", "archive_lead", "list_property_recommendations"))
    },
    "create_property": {"201": ("property_id", "property_id", ("get_property", "list_lead_recommendations"))},
    "create_listing": {"200": ("listing_id", "id", ("get_listing", "replace_listing", "withdraw_listing"))},
    "create_request": {"201": ("request_id", "id", ("get_request", "list_offers", "close_request"))},
    "open_chat": {"201": ("chat_id", "id", ("list_chat_messages", "send_chat_message", "open_chat_socket"))},
    "act_on_recommended_property": {"200": ("match_id", "match_id", ("complete_match",))},
    "act_on_recommended_lead": {"200": ("match_id", "match_id", ("complete_match",))},
    "create_niche": {"201": ("niche_id", "id", ("get_niche", "change_niche", "get_niche_stats"))},
    "create_campaign": {"201": ("campaign_id", "id", ("get_campaign", "create_ad", "change_campaign_status"))},
    "add_prospect": {"201": ("lead_id", "id", ("get_prospect", "change_prospect_status", "convert_prospect"))},
    "start_rescoring_run": {"202": ("run_id", "id", ("get_rescoring_run", "cancel_rescoring_run"))},
    "create_source": {"201": ("source_id", "id", ("get_source", "run_source"))},
}


def name_of(method: str, path: str) -> str:
    """
    >>> name_of("GET", "/leads/{lead_id}"), name_of("GET", "/new/{thing_id}")
    ('get_lead', 'get_new_thing_id')
    """
    by_path = re.sub("[^a-z]+", "_", f"{method}{path}".lower()).strip("_")
    return NAMES.get(f"{method} {path}", by_path)


def links_of(operation: str) -> dict[str, dict[str, dict]]:
    """The links of an operation's answers, by status."""
    return {
        status: {
            other: {"operationId": other, "parameters": {parameter: f"$response.body#/{place}"}} for other in others
        }
        for status, (parameter, place, others) in LINKS.get(operation, {}).items()
    }
