"""Texts from strangers, in a form that every database takes: UTF-8 without NUL, of bounded length."""

from __future__ import annotations


def storable(text: str, longest: int) -> str:
    """The text itself, where it is one; else NUL and half surrogate pairs as their escapes, and cut off."""
    if "\x00" in text:
        text = text.replace("\x00", "\\x00")
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return text[:longest]


def is_storable(text: str, longest: int) -> bool:
    """Can it be stored as it is? For names, which nobody may change."""
    return storable(text, longest) == text
