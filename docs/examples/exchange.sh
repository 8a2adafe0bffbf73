#!/usr/bin/env bash
# The exchange: two realtors, a client's wish, a home, recommendations, a like from either side, a match.
# ./exchange.sh http://127.0.0.1:8000        needs curl and jq
set -euo pipefail
URL=${1:-http://127.0.0.1:8000}
call() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@"; }

# Sign up, then sign in: POST /auth/login is the token endpoint of OAuth 2.0's password grant.
sign_in() {
  local email="$1-$RANDOM$RANDOM@example.com"
  call "$URL/auth/register" --data "{\"role\": \"agent\", \"name\": \"$1\", \"email\": \"$email\",
    \"phone\": \"+7701$((1000000 + RANDOM * 100 + RANDOM % 100))\", \"password\": \"correct horse battery\"}" >/dev/null
  curl --silent --show-error --fail-with-body "$URL/auth/login" \
    --data-urlencode "username=$email" --data-urlencode 'password=correct horse battery' | jq --raw-output .access_token
}
BUYERS=$(sign_in aigul) SELLERS=$(sign_in boris)

# A home on offer, and what a client looks for. The key makes a retry safe: the same answer comes again.
PROPERTY=$(call "$URL/properties" --header "Authorization: Bearer $SELLERS" --header "Idempotency-Key: home-$RANDOM$RANDOM" --data '{
  "address": {"city": "Караганда", "district": "Казыбек би", "street": "Ерубаева", "house_number": "7"},
  "details": {"price": 40000000, "area": 60, "rooms": 2, "floor": 5, "total_floors": 9,
    "property_type": "APARTMENT", "property_class": "COMFORT", "condition": "FINISHING"},
  "commission_share": 2.5}' | jq --raw-output .property_id)
LEAD=$(call "$URL/leads" --header "Authorization: Bearer $BUYERS" --data '{
  "client_name": "Самат",
  "requirements": {
    "location": {"city": "Караганда", "districts": ["Казыбек би"], "metro_stations": []},
    "budget": {"min": 30000000, "max": 45000000}, "area": {"min": 50, "max": 70}, "rooms": [2],
    "property_type": "APARTMENT", "property_class": "COMFORT", "condition": "FINISHING", "payment_method": "MORTGAGE"}}' \
  | jq --raw-output .lead_id)

# The lists follow a write within a second or so.
for _ in $(seq 300); do
  PAGE=$(call "$URL/leads/$LEAD/property-recommendations" --header "Authorization: Bearer $BUYERS")
  if [ "$(jq '.recommendations | length' <<<"$PAGE")" -gt 0 ]; then break; fi
  sleep 0.2
done
jq --exit-status '.recommendations[0] | {property_id, match_score}' <<<"$PAGE"

# A like from one side is pending, from both a match: contacts are shared from now on.
LIKE='{"action": "LIKE", "proposed_commission": 2}'
call "$URL/leads/$LEAD/property-recommendations/$PROPERTY/action" --header "Authorization: Bearer $BUYERS" --data "$LIKE" \
  | jq --exit-status '.status == "PENDING"' >/dev/null
call "$URL/properties/$PROPERTY/lead-recommendations/$LEAD/action" --header "Authorization: Bearer $SELLERS" --data "$LIKE" \
  | jq --exit-status '.status == "ACCEPTED"' >/dev/null
call "$URL/leads/$LEAD/matches" --header "Authorization: Bearer $BUYERS" | jq --raw-output '"matched " + .matches[0].match_id'
