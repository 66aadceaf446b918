"""Who comes in: the registry in memory, and the judgement of an arrival."""
