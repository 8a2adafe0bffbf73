"""Leads and properties, and the towns that they are in."""
