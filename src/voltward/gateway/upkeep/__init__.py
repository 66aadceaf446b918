"""What the gateway keeps beside the store and carries to it: rows, facts, the snapshot."""
