"""PostgreSQL and Valkey from their PyPI wheels, as child processes.

Each server owns one folder with its data, password, port and log. A server's process is identified by its working
folder, which is the data folder, and not by a pid file.
"""
