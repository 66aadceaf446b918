"""Servers beside the door for stations: a request on a connection, an answer, and everything bounded."""
