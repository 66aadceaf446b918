"""A backup: one file with everything that a deployment is made of.

A tar archive: `manifest.json`, its signature, `store.db` (the store as one file of SQLite, whatever keeps
it), and `deployment/...`: settings, rooms of keys as they lie there, sealed, public certificates, signed
heads. Plain, any tar shows it. Sealed under a passphrase it also holds what would lie open otherwise: the
keys that open the rooms.
"""
