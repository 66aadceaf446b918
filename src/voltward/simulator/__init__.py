"""Stations, a small CSMS, a fleet and an attacker: the world around the gateway, for demo, tests and trials.

Words: a *model* is a station sans I/O; a *link* is its client connection; a *dial* says how to open one;
a *login* is the credential it shows; an *attack* is a named attempt with the answer that a sound door
gives. Nothing here decides who may come in, and nothing of the gateway is imported: what the
simulator says has to be right by itself.
"""
