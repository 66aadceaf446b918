"""The tamper-evident journal: its chains, its signed heads, and how both are checked."""
