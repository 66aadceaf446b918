"""Aggregates as rows: tables, and a store for each."""
