"""Signing requests of stations: read as strangers write them, and told as facts."""
