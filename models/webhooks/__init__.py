"""Webhooks: events that other systems are told of, kept with the change that they tell of, and sent by workers."""
