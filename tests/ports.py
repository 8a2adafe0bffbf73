"""Ports of this machine for servers that tests start."""

import socket
import sys
from collections import deque

from scripts.launcher.servers import state

#: Sockets that hold the latest ports: bound, but not listening, so that connections are still refused.
_holders: deque[socket.socket] = deque(maxlen=100)


def free_port() -> int:
    """
    A port of 127.0.0.1 on which a server that sets SO_REUSEADDR may listen, now and after a restart.

    It stays reserved while this process lives or until a hundred more are requested: between the choice of a port and
    the start of its server, other programs would get the same port, the busier the machine the sooner. Only Linux
    lets a server listen on a port that another socket holds; elsewhere the port is merely free at the moment.
    """
    while True:
        port = state.free_port()
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:  # somebody took it meanwhile
            holder.close()
            continue
        if sys.platform == "linux":
            _holders.append(holder)
        else:
            holder.close()
        return port
