"""DER elements (X.690): reading them as strangers write them, within bounds, and writing them.

Structures are walked by whoever knows their shape, level by level, so depth is bounded by the caller's code
and width by `most`. Lengths may take more octets than needed; indefinite lengths and long tags are refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from voltward.domain.errors import StationFault

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONG: Final = 0x80
_LONG_TAG: Final = 0x1F
# 4 GiB: more octets for a length than that serve nobody but whoever wants to confuse readers.
_MOST_LENGTH_OCTETS: Final = 4
_LONGEST_INTEGER: Final = 4096  # octets, twice what the largest RSA modulus takes
_LONGEST_IDENTIFIER: Final = 64


class MalformedDer(StationFault):
    """These octets are not the elements that should stand there."""


class Element(NamedTuple):
    """One element: its tag, what is in it, and all of its octets. A tuple: a request has dozens of them."""

    tag: int
    content: bytes
    whole: bytes


def first_element(octets: bytes) -> Element:
    """The element at the beginning; what follows is left alone. MalformedDer."""
    return _element_at(octets, 0)


def only_element(octets: bytes, tag: int) -> Element:
    """The one element of this tag that fills all octets. MalformedDer."""
    element = _element_at(octets, 0)
    if len(element.whole) != len(octets):
        raise MalformedDer(f"{len(octets) - len(element.whole)} octets follow where nothing should.")
    return expect(element, tag)


def elements_in(content: bytes, most: int) -> tuple[Element, ...]:
    """All elements of a content, in order, at most that many. MalformedDer."""
    found: list[Element] = []
    at = 0
    while at < len(content):
        if len(found) == most:
            raise MalformedDer(f"more than {most} elements stand in one place.")
        found.append(_element_at(content, at))
        at += len(found[-1].whole)
    return tuple(found)


def expect(element: Element, tag: int) -> Element:
    """The same element, if it has this tag. MalformedDer."""
    if element.tag != tag:
        raise MalformedDer(f"a tag 0x{element.tag:02x} stands where 0x{tag:02x} should.")
    return element


def integer_of(element: Element) -> int:
    """The value of an INTEGER. MalformedDer."""
    content = expect(element, INTEGER).content
    if not 0 < len(content) <= _LONGEST_INTEGER:
        raise MalformedDer(f"a number has {len(content)} octets.")
    return int.from_bytes(content, "big", signed=True)


def identifier_of(element: Element) -> str:
    """An OBJECT IDENTIFIER in dotted form. MalformedDer."""
    content = expect(element, OBJECT_IDENTIFIER).content
    if not 0 < len(content) <= _LONGEST_IDENTIFIER or content[-1] & _LONG:
        raise MalformedDer("an object identifier is broken.")
    return _dotted(content)


def bits_of(element: Element) -> bytes:
    """The octets of a BIT STRING that is made of whole octets. MalformedDer."""
    content = expect(element, BIT_STRING).content
    if not content or content[0] != 0:
        raise MalformedDer("a bit string is not made of whole octets.")
    return content[1:]


def tagged(tag: int, content: bytes) -> bytes:
    """One element, written (X.690, 8.1.3 and 10.1)."""
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(octets))) + octets + content


def integer_octets(number: int) -> bytes:
    """The content of an INTEGER that is not negative: as few octets as carry it and its sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _element_at(octets: bytes, start: int) -> Element:
    if len(octets) - start < 2:
        raise MalformedDer("it ends where an element should begin.")
    tag, size = octets[start], octets[start + 1]
    if tag & _LONG_TAG == _LONG_TAG:
        raise MalformedDer("a tag takes more than one octet.")
    begin = start + 2
    if size & _LONG:
        count = size & ~_LONG
        if not 0 < count <= _MOST_LENGTH_OCTETS:
            raise MalformedDer("a length is indefinite, or takes too many octets.")
        size = int.from_bytes(octets[begin : begin + count], "big")
        begin += count
    end = begin + size
    if end > len(octets):
        raise MalformedDer(f"an element ends {end - len(octets)} octets after the end.")
    return Element(tag, octets[begin:end], octets[start:end])


@lru_cache(maxsize=256)  # a request has half a dozen of them, and all requests have the same
def _dotted(content: bytes) -> str:
    arcs: list[int] = []
    arc = 0
    for octet in content:
        arc = arc << 7 | octet & ~_LONG
        if not octet & _LONG:
            arcs.append(arc)
            arc = 0
    root = min(arcs[0] // 40, 2)
    return ".".join(map(str, (root, arcs[0] - 40 * root, *arcs[1:])))
