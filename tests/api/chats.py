"""Two people who talk, over HTTP and over sockets."""

import json
from dataclasses import dataclass

from websockets.sync.client import connect

from tests.waiting import WAIT_LIMIT_SECONDS


@dataclass
class Pair:
    """A buyer, a seller, the seller's property, their chat."""

    buyer: object
    seller: object
    property_id: int
    chat: int

    @property
    def body(self):
        return {"buyer_id": self.buyer.id, "seller_id": self.seller.id, "property_id": self.property_id}


def open_socket(web, chat, token=None, query="", **options):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = web.url.replace("http", "ws", 1) + f"/chat/ws/{chat}{query}"
    return connect(
        address, additional_headers=headers, open_timeout=WAIT_LIMIT_SECONDS, close_timeout=2, proxy=None, **options
    )


def say(socket, text, **more):
    socket.send(json.dumps({"message": text, **more}))


def hear(socket):
    return json.loads(socket.recv(timeout=WAIT_LIMIT_SECONDS))


def texts_of(who, chat, query=""):
    return [row["message"] for row in who("GET", f"/chat/chat_messages/{chat}{query}").json]
