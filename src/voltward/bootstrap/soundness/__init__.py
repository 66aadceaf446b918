"""Is this deployment sound? One small check per concern; none of them starts anything or changes the store.

A check yields remarks: a *problem* has a mend and counts, a *note* is good to know.
"""
