"""What the worker does turn after turn: facts are heard, errands run, old orders forgotten."""
