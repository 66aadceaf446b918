"""The servers of other libraries as they are run: they end TLS, and answer the stations, themselves."""
