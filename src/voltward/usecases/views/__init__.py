"""Read models: what commands and pages show. Nothing here writes."""
