"""What is revoked, and how everybody comes to know: denials, lists, answers."""
