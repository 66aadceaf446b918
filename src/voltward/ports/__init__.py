"""What the inside needs from the outside, as small protocols, declared by the needer."""
