"""`voltward ca ...`."""
