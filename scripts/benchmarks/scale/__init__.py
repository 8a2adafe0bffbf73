"""The resources that a country needs, computed from measured constants: `leadmatch scale`."""
