"""How one gateway process gives its sockets and its stations to the next (decision 0027)."""
