"""A deployment comes into being, gets server certificates, and catches up after a restore."""
