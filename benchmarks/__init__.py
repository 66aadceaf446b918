"""Side by side with a peer, in one run: what a gateway pays in CPU for a connection and for a message.

`python -m benchmarks` is the only door. Nothing in `src/` may import this package.
"""
