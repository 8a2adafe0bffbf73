"""Webhooks: other systems of mine are told what happens."""
