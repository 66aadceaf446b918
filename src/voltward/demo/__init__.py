"""The demo: a gateway, a small CSMS, a fleet and an attacker, on loopback, with a story that proves itself.

Words: the *cast* are the stations, each a *part*; a *player* is a part on a wire; the *stage* is all that a
scene may look at and touch; a *scene* does one thing and tells what it expected and what it saw; an *act* is a
row of scenes that are played at the same time. The gateway is the real one, as a child process: what the demo
knows of it, it reads from its log and sees from outside.
"""
