"""A small CSMS, with its certificate side."""
