"""Recognise secrets that were typed instead of generated."""

from itertools import pairwise


def is_weak(secret: str, shortest: int) -> bool:
    """Whether a secret is too short, repetitive or a sequence, and therefore was not generated at random.

    >>> is_weak("0123456789abcdefghijklmnopqrstuvwxyz", 32), is_weak("correct-horse" * 3, 32), is_weak("a1" * 16, 32)
    (True, True, True)
    >>> is_weak("kR3v-0qXz_9bTn2mWc7LfYh5sPdGa8Je", 32)
    False
    """
    if len(secret) < shortest or len(set(secret)) < min(10, shortest // 2):
        return True
    steps = [ord(after) - ord(before) for before, after in pairwise(secret)]
    counting = sum(step in (-1, 0, 1) for step in steps)
    # If a text occurs inside two copies of itself, it repeats a part of at most half its length.
    repeats = (secret + secret).find(secret, 1) < len(secret) or any(
        secret.startswith(secret[:part] * (len(secret) // part)) for part in range(1, len(secret) // 2 + 1)
    )
    return repeats or counting > len(steps) // 2
