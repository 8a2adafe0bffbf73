"""Weights learnt from likes and dislikes."""
