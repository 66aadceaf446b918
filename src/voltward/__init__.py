"""Voltward puts the OCPP security profiles in force for EV charging fleets."""

__version__ = "0.1.0"
