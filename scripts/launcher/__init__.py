"""The whole system on one machine: its servers, processes and home folder."""
