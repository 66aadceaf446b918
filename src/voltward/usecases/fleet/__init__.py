"""Orders about stations: they enter the registry, change, get credentials, leave."""
