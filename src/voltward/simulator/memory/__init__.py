"""What a simulated station remembers over its links and its reboots: keys, certificates, anchors, settings.

Nothing here waits or reads a clock. The memory decides nothing by itself: `certificate_desk` and
`anchor_desk` do, when somebody asks the station.
"""
