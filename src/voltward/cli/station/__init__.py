"""`voltward station ...`."""
