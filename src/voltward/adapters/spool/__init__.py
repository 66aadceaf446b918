"""The spool on disk: a folder of segments, each a log of sealed records."""
