"""Weights learnt from what people liked and disliked."""
