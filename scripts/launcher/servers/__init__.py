"""PostgreSQL and Valkey from their PyPI wheels, as child processes.

Each server owns one folder with its data, password, port and log. A process whose working folder is the data folder is
that server, whatever a pid file says.
"""
