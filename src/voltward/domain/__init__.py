"""The words of Voltward as values: stations, credentials, profiles, verdicts, decisions.

Only the standard library is used here. Nothing in this package reads a clock, a socket, the
environment or chance: time and identifiers arrive as arguments.
"""
