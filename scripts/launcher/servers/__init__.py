"""PostgreSQL and Valkey out of their PyPI wheels, as children of whoever needs them.

Each server owns one folder and is known by it: its data, its password, its port and its log are there, and a
process whose working folder is the data folder is that server, whatever a pid file may say.
"""

from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.valkey import ValkeyServer

__all__ = ["PostgresServer", "ValkeyServer"]
