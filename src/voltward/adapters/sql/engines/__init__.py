"""Databases of each kind: opened, reached, and what their errors mean."""
