"""Passwords: their forms, their digests, and the memory of what the slow hash has confirmed."""
