"""What every table and rule shares: the declarative base, enumerations, errors, small tools."""
