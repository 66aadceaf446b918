"""A gateway, put together from settings and an open deployment."""
