"""From a socket to a request: listeners, proxies in front, TLS, the upgrade. Nobody is known yet."""
