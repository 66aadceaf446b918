"""Certificates, passwords, keys and seals: what is computed, never what is decided.

The standard library, `cryptography` and `argon2` are used here. No socket, no clock, no file: time is an
argument, and so is chance (`TokenSource`); only keys are drawn by the library that makes them.
"""
