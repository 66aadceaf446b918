"""The demo: a gateway, a small CSMS, a fleet and an attacker, on loopback, with a story that proves itself.

Words: the *cast* are the stations, each a *part*; a *player* is a part on a wire; the *stage* is all that a
scene may look at and touch; a *scene* does one thing and tells what it expected and what it saw; a *thread*
of scenes is played one after the other, an *act* has threads that are played side by side. The gateway is the
real one, as a child process: what the demo knows of it, it reads in its log and sees from outside.
"""
