"""Webhooks: send events to the user's other systems."""
