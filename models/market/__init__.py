"""Leads and properties, their places and prices."""
