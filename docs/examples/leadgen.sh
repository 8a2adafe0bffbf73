#!/usr/bin/env bash
# Lead generation: a niche, a campaign, a lead that an advertisement won, its conversation, its outcome.
# API_KEY=... ./leadgen.sh http://127.0.0.1:8000        needs curl and jq; without a key where ENVIRONMENT=local
set -euo pipefail
URL=${1:-http://127.0.0.1:8000}
call() {
  curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' \
    ${API_KEY:+--header "X-API-Key: $API_KEY"} "$@"
}

NICHE=$(call "$URL/api/niches" --data '{"name": "Ремонт квартир", "category": "repair", "cpl_target": 3000}' | jq --raw-output .id)
CAMPAIGN=$(call "$URL/api/campaigns" --data "{\"niche_id\": \"$NICHE\", \"name\": \"Весна\", \"platform\": \"olx\", \"budget\": 50000}" \
  | jq --raw-output .id)
AD=$(call "$URL/api/campaigns/$CAMPAIGN/ads" --data '{"title": "Ремонт под ключ"}' | jq --raw-output .id)

# The same phone in the same niche is one lead with another touch, not another lead.
LEAD=$(call "$URL/api/leads" --data "{\"ad_id\": \"$AD\", \"name\": \"Иван\", \"phone\": \"+7 777 $((1000000 + RANDOM * 100))\",
  \"source\": \"whatsapp\", \"budget\": 900000, \"notes\": \"Двушка, к маю\"}" | jq --raw-output .id)
call "$URL/api/leads/$LEAD/messages" --data '{"message": "Сколько стоит двушка?", "sender": "lead", "platform": "whatsapp"}' >/dev/null
call --request PATCH "$URL/api/leads/$LEAD/status" --data '{"status": "qualified"}' >/dev/null
call "$URL/api/leads?limit=1&niche_id=$NICHE" | jq --exit-status '.[0] | {id, status, quality_score}'
call "$URL/api/leads/$LEAD/messages" | jq --exit-status --raw-output '"said " + .messages[0].message'
