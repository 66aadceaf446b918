"""Reasons for a revocation, as commands take them (RFC 5280, 5.3.1)."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
]
