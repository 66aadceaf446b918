"""A few keys of a settings file changed in its text, so that everything else stays as people wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping


def with_table(text: str, table: str, values: Mapping[str, str | None]) -> str:
    """The text with these keys in `[table]`; None takes a key away. A table that is missing is added.

    Only tables that are written under a head line of their own are found: read and compare the result.
    """
    lines = text.removesuffix("\n").split("\n")
    head = next((i for i, line in enumerate(lines) if re.fullmatch(rf"\s*\[{table}\]\s*(#.*)?", line)), None)
    if head is None:
        lines += ["", f"[{table}]"]
        head = len(lines) - 1
    behind = range(head + 1, len(lines))
    end = next((i for i in behind if lines[i].lstrip().startswith("[")), len(lines))
    keys = "|".join(map(re.escape, values))
    kept = [line for line in lines[head + 1 : end] if not re.match(rf"\s*(?:{keys})\s*=", line)]
    said = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value is not None
    ]
    return "\n".join([*lines[: head + 1], *said, *kept, *lines[end:]]) + "\n"
