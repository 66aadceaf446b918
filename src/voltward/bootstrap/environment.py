"""The one place that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping


def environment() -> Mapping[str, str]:
    """What this process was started with."""
    return os.environ
