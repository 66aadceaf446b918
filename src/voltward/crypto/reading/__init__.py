"""Certificates, names and PEM as they come from anywhere, read as facts."""
