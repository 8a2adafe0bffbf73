"""Agencies: realtors who work under a head, and what the head sees and does of theirs."""
