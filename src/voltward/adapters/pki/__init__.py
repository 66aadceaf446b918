"""Authorities that sign: our own, with its ledger and its socket, and those outside."""
