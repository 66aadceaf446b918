"""What stations of each version say and answer. Data."""
