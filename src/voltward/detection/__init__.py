"""Detectors, fed with what happens and with `now`; they see patterns, and do nothing about them.

Their memory is bounded: a stranger can make them forget strangers, never make them grow.
"""
