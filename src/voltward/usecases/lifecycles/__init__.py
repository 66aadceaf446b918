"""Persisted life-cycles of stations: begun, and driven step by step."""
