#!/usr/bin/env bash
# Swiping: a landlord's listing, a tenant's preferences, the feed, a like, an inquiry.
# ./swipe.sh http://127.0.0.1:8000        needs curl and jq
set -euo pipefail
URL=${1:-http://127.0.0.1:8000}
call() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@"; }

# The registration answers with a token at once.
sign_up() { # name, role
  call "$URL/auth/register" --data "{\"role\": \"$2\", \"name\": \"$1\", \"email\": \"$1-$RANDOM$RANDOM@example.com\",
    \"phone\": \"+7702$((1000000 + RANDOM * 100 + RANDOM % 100))\", \"password\": \"correct horse battery\"}" \
    | jq --raw-output .access_token
}
LANDLORD=$(sign_up dana landlord) TENANT=$(sign_up timur tenant)

LISTING=$(call "$URL/listings" --header "Authorization: Bearer $LANDLORD" --data '{
  "title": "Двухкомнатная у парка", "city": "Павлодар", "deal_type": "rent", "property_type": "flat", "price": 180000}' | jq .id)
call "$URL/preferences" --header "Authorization: Bearer $TENANT" --data '{
  "city": "Павлодар", "deal_type": "rent", "property_type": "flat", "price_min": 100000, "price_max": 200000}' >/dev/null

# The best listing that the tenant has not acted on; null once all are seen.
for _ in $(seq 300); do
  NEXT=$(call "$URL/feed/next" --header "Authorization: Bearer $TENANT")
  if [ "$(jq .id <<<"$NEXT")" = "$LISTING" ]; then break; fi
  if [ "$NEXT" != null ]; then # somebody else's: not this one
    call "$URL/feed/action" --header "Authorization: Bearer $TENANT" \
      --data "{\"listing_id\": $(jq .id <<<"$NEXT"), \"action\": \"dislike\"}" >/dev/null
  else
    sleep 0.2
  fi
done
jq --exit-status "select(.id == $LISTING) | {id, title, price}" <<<"$NEXT"

call "$URL/favorites" --header "Authorization: Bearer $TENANT" --data "{\"listing_id\": $LISTING}" >/dev/null
call "$URL/feed/action" --header "Authorization: Bearer $TENANT" --data "{\"listing_id\": $LISTING, \"action\": \"like\"}" >/dev/null
call "$URL/leads" --header "Authorization: Bearer $TENANT" --data "{\"listing_id\": $LISTING}" >/dev/null
call "$URL/leads/for-me" --header "Authorization: Bearer $LANDLORD" | jq --exit-status --raw-output '"asked about \(.[0].listing_id)"'
