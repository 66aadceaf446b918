"""Much of one kind in one unit of work: read for all at once, answered from memory, saved at the end."""
