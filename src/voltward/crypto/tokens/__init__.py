"""Signed and one-time words: to a CSMS, to an authority outside, in a link for a person."""
