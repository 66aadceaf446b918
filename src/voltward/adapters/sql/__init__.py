"""The store in a relational database, written once with SQLAlchemy Core.

`engine.py` alone knows which database it is. Importing SQLAlchemy costs a second: nothing outside of this
package does it, and `store.open_store` is imported where it is called.
"""
