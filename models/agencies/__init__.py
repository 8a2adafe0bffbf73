"""Agencies: realtors under a head, and what the head can see and do with their rows."""
