"""Whether a payload is what the published schema says, and what is wrong with it in words without its values.

One validator for each action and kind of frame, made when first needed, shared by all stations. An action
that the version does not know is a vendor's own: nothing is said about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.schema_files import SchemaFiles

LONGEST_PLACE = 120  # characters of a place in a message, for events and answers

# The editions' own meanings: what is missing or too many occurs wrongly, a number for a text is of the wrong
# type, a member that nobody knows breaks the form, and everything else is a value out of bounds.
_CODES = {
    "required": ErrorCode.OCCURRENCE_CONSTRAINT,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT,
    "type": ErrorCode.TYPE_CONSTRAINT,
    "additionalProperties": ErrorCode.FORMAT_VIOLATION,
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a payload: the code to answer with, the schema's keyword, and the place.

    Never the value: it may be a secret, and it is the peer's.
    """

    code: ErrorCode
    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.place}" if self.place else self.rule


class Validation:
    """The schemas of one version with one set of adjusted lengths."""

    __slots__ = ("_answers", "_calls", "_files", "_lengths", "_names")

    def __init__(self, files: SchemaFiles, lengths: Mapping[str, int]) -> None:
        self._files = files
        self._lengths = lengths
        self._names = files.names()
        self._calls: dict[str, jsonschema_rs.Validator] = {}
        self._answers: dict[str, jsonschema_rs.Validator] = {}

    def flaw_of_call(self, action: str, payload: Mapping[str, Any]) -> Flaw | None:
        """The first thing that is wrong with a CALL or SEND; None: nothing, or an unknown action."""
        validator = self._calls.get(action)
        if validator is None:
            name = self._files.of_call(action)
            if name not in self._names:
                return None
            validator = self._calls[action] = self._made(name, action)
        return None if validator.is_valid(payload) else _flaw(validator, payload)

    def flaw_of_answer(self, action: str, payload: Mapping[str, Any]) -> Flaw | None:
        """The same for the CALLRESULT to a call of this action."""
        validator = self._answers.get(action)
        if validator is None:
            name = self._files.of_answer(action)
            if name not in self._names:
                return None
            validator = self._answers[action] = self._made(name, action)
        return None if validator.is_valid(payload) else _flaw(validator, payload)

    def _made(self, name: str, action: str) -> jsonschema_rs.Validator:
        # `offline`: a reference in a schema never makes this process read files or call hosts.
        schema = self._files.read(name, action, self._lengths)
        return jsonschema_rs.validator_for(schema, validate_formats=True, offline=True)


def _flaw(validator: jsonschema_rs.Validator, payload: Mapping[str, Any]) -> Flaw:
    error = next(validator.iter_errors(payload))
    path = ".".join(str(step) for step in error.instance_path)
    rule = error.kind.name
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        path = f"{path}.{error.kind.property}" if path else error.kind.property
    elif isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        first = min(error.kind.unexpected)
        path = f"{path}.{first}" if path else first
    return Flaw(_CODES.get(rule, ErrorCode.PROPERTY_CONSTRAINT), rule, path[:LONGEST_PLACE])
