"""Named attacks on a door, and what counts as proof that it held."""
