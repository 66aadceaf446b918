"""Whose certificates are believed, here and on the stations."""
