"""One short story per file: open a unit of work, decide with pure functions, save, leave."""
