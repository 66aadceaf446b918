"""The other leg: where a station's traffic goes, as whom, and what happens when nobody is there."""
