#!/usr/bin/env bash
# The portal: signing in by a code, a developer's property with a picture, a buyer's request, a chat.
# ./portal.sh http://127.0.0.1:8000        needs curl and jq, and a system with ENVIRONMENT=local, which answers the codes
set -euo pipefail
URL=${1:-http://127.0.0.1:8000}
call() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@"; }

# The code comes by SMS; a local system answers it as well.
sign_in() { # first name, role
  local phone code
  phone="+7705$((1000000 + RANDOM * 100 + RANDOM % 100))"
  code=$(call "$URL/users/register/" --data "{\"phone\": \"$phone\", \"first_name\": \"$1\", \"last_name\": \"Ким\",
    \"role\": \"$2\"}" | jq --raw-output .code)
  call "$URL/users/activate/" --data "{\"phone\": \"$phone\", \"activation_code\": \"$code\"}" >/dev/null
  call "$URL/users/token" --data "{\"phone\": \"$phone\", \"activation_code\": \"$code\"}" | jq --raw-output .access_token
}
SELLER=$(sign_in Елена developer) BUYER=$(sign_in Олег user)
SELLER_ID=$(call "$URL/users/me/" --header "Authorization: Bearer $SELLER" | jq .id)
BUYER_ID=$(call "$URL/users/me/" --header "Authorization: Bearer $BUYER" | jq .id)

# The form of a property is multipart, with its pictures: here one of a single pixel.
PICTURE=$(mktemp --suffix .png)
trap 'rm -f "$PICTURE"' EXIT
base64 --decode >"$PICTURE" <<<'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
PROPERTY=$(curl --silent --show-error --fail-with-body "$URL/properties/create" --header "Authorization: Bearer $SELLER" \
  --form deal_format='хочу продать' --form type='квартира' --form subtype='апартаменты' --form condition='с ремонтом' \
  --form entry_year=2026 --form entry_quarter=2 --form purpose='для проживания' --form location='ул. Назарбаева, 7, Актобе' \
  --form price=52000000 --form currency='тенге' --form title='Студия у парка' --form description='Светлая, с балконом.' \
  --form "images=@$PICTURE" | jq .id)

call "$URL/users/create_request" --header "Authorization: Bearer $BUYER" --data '{"city": "Актобе", "deal_format": "хочу купить",
  "type": "квартира", "budget_min": 40000000, "budget_max": 60000000, "currency": "тенге", "wishes": "с балконом"}' >/dev/null
call "$URL/my_requests" --header "Authorization: Bearer $BUYER" | jq --exit-status '.[0] | {city, status}'

# Messages travel over a WebSocket, /chat/ws/{id}; what was said is read over HTTP too.
CHAT=$(call "$URL/chat/create_chat" --header "Authorization: Bearer $BUYER" \
  --data "{\"buyer_id\": $BUYER_ID, \"seller_id\": $SELLER_ID, \"property_id\": $PROPERTY}" | jq .id)
call "$URL/chat/my_chats" --header "Authorization: Bearer $SELLER" | jq --exit-status --raw-output "\"chat \" + (.[] | select(.id == $CHAT) | .property_title)"
