"""Requests for certificates: judged, granted, recorded."""
