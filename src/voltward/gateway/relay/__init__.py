"""Frames between the two legs: rules, schemas, lines that can be paused."""
