"""Shared by all tables and rules: the declarative base, enumerations, errors, small tools."""
