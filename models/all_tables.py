"""
All tables, so that every foreign key and relationship finds what it names.

Whoever opens sessions imports this module first; a command that touches no table does not wait for it.
"""

from models.core.base import Base

__all__ = ["Base"]
