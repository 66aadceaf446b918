"""The outside, behind the ports: databases, clocks, keys on disk. Bound in `bootstrap` alone."""
