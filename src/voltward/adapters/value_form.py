"""Values of the domain as octets and back, by their type hints: nothing to keep level when a field is added.

A record is a map of its fields. A field that is missing gets its default (an older version wrote it); one
that is not known is an error (a newer one did).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from voltward.domain.errors import OutsideFault

_PLAIN = (str, int, float, bool, bytes, datetime)
_ENCODER = msgspec.msgpack.Encoder()

Reader = Callable[[Any], Any]


class ForeignForm(OutsideFault):
    """Octets that are no such value: of another version, or not ours."""


def packed(value: object) -> bytes:
    """The octets of a value; `TypeError` for what must not be written, a Secret above all."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON lets a peer write: it becomes its escape
        return _ENCODER.encode(_writable(msgspec.to_builtins(value, builtin_types=(bytes, datetime))))


def unpacked(octets: bytes, kind: Any) -> Any:
    """The value of this kind (a type hint); `ForeignForm` if it is none."""
    try:
        return _reader(kind)(msgspec.msgpack.decode(octets))
    except (ValueError, msgspec.DecodeError) as error:
        raise ForeignForm("it is not of the form that this version reads.") from error


def _writable(plain: Any) -> Any:
    if isinstance(plain, str):
        return plain.encode("utf-8", "backslashreplace").decode()
    if isinstance(plain, dict):
        return {_writable(key): _writable(value) for key, value in plain.items()}
    return [_writable(value) for value in plain] if isinstance(plain, list | tuple) else plain


@cache
def _reader(kind: Any) -> Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Union or origin is types.UnionType:
        return _one_of(arguments)
    if origin is tuple:
        return _row(_reader(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _table(_reader(arguments[1]))
    if is_dataclass(kind):
        return _record(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind)
    if kind in _PLAIN or kind is types.NoneType:
        return _exactly(kind)
    if kind is timedelta:
        return _span
    raise TypeError(f"values of {kind} have no form")


def _exactly(kind: type) -> Reader:
    def read(plain: Any) -> Any:
        if type(plain) is not kind:  # a bool is an int, and must stay one or the other
            raise _wrong(plain, kind)
        return plain

    return read


def _member(kind: type[Enum]) -> Reader:
    members = {member.value: member for member in kind}

    def read(plain: Any) -> Any:
        if type(plain) not in (str, int) or plain not in members:
            raise ValueError(f"no {kind.__name__}")
        return members[plain]

    return read


def _wrong(plain: Any, kind: type) -> ValueError:
    return ValueError(f"{type(plain).__name__} where {kind.__name__} belongs")


def _span(plain: Any) -> timedelta:
    """It is written as a text of ISO 8601."""
    if type(plain) is not str:
        raise _wrong(plain, str)
    return _span_of(plain)


@lru_cache(maxsize=256)  # the patience of life-cycles: the same in all of them
def _span_of(text: str) -> timedelta:
    return msgspec.convert(text, timedelta)


def _row(member: Reader) -> Reader:
    def read(plain: Any) -> tuple[Any, ...]:
        if type(plain) is not list:
            raise ValueError("no list")
        return tuple([member(value) for value in plain])

    return read


def _table(member: Reader) -> Reader:
    def read(plain: Any) -> dict[str, Any]:
        if type(plain) is not dict:
            raise ValueError("no map")
        return {key: member(value) for key, value in plain.items()}

    return read


def _one_of(kinds: tuple[Any, ...]) -> Reader:
    """The first that fits: records are told apart by their fields."""
    takes_none = types.NoneType in kinds
    readers = [_reader(kind) for kind in kinds if kind is not types.NoneType]
    if takes_none and len(readers) == 1:
        (only,) = readers
        return lambda plain: None if plain is None else only(plain)

    def read(plain: Any) -> Any:
        if plain is None and takes_none:
            return None
        for reader in readers:
            try:
                return reader(plain)
            except ValueError:
                continue
        raise ValueError("none of the kinds that it may be")

    return read


def _record(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    named = {field.name: hints[field.name] for field in fields(kind)}
    exact = {name: hint for name, hint in named.items() if hint in _PLAIN}
    readers = {name: _reader(hint) for name, hint in named.items() if name not in exact}
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def read(plain: Any) -> Any:
        if type(plain) is not dict or not required <= plain.keys() <= named.keys():
            raise ValueError(f"no {kind.__name__}")
        values = dict(plain)
        for name, value in plain.items():
            if name not in exact:
                values[name] = readers[name](value)
            elif type(value) is not exact[name]:
                raise _wrong(value, exact[name])
        return kind(**values)

    return read
