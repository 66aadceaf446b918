"""Authorities that are not ours, each by the protocol that it speaks."""
