"""`voltward cert ...`."""
