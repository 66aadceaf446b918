"""The one source of rules: controls as data with citations, checks as pure functions of an observation."""
