"""The JSON schemas that the Open Charge Alliance publishes, as PyPI `ocpp` ships them: data, not its runtime."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft7Validator

_FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}


@cache
def _validator(dialect: str, name: str) -> Draft7Validator:
    file = files("ocpp") / _FOLDERS[dialect] / "schemas" / f"{name}.json"
    return Draft7Validator(json.loads(file.read_text(encoding="utf-8-sig")))


def request_faults(dialect: str, action: str, payload: dict[str, Any]) -> list[str]:
    """What the schema of a call (or send) has against a payload."""
    is_send = action == "NotifyPeriodicEventStream"
    return _faults(dialect, action if dialect == "ocpp1.6" or is_send else f"{action}Request", payload)


def answer_faults(dialect: str, action: str, payload: dict[str, Any]) -> list[str]:
    """What the schema of an answer has against a payload."""
    return _faults(dialect, f"{action}Response", payload)


def _faults(dialect: str, name: str, payload: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {error.json_path}: {error.message}"
        for error in _validator(dialect, name).iter_errors(payload)
    ]
