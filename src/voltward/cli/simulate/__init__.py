"""`voltward simulate`."""
