"""What is fuzzed: each target takes octets and fails only by an exception. Seeds are right, or nearly so.

A target asserts what a reader must hold for any octets: it never raises but its own fault, it never reads
beyond what it says, and where another reader exists, both understand the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.fuzz import on_certificates, on_heads, on_messages, on_requests, on_settings


@dataclass(frozen=True, slots=True)
class Target:
    """`run` fails by an exception; `seeds` are where the search begins; `longest` bounds the input."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    longest: int = 4096


TARGETS: Mapping[str, Target] = MappingProxyType({
    "codec": Target(on_messages.codec_against_library, on_messages.FRAME_PLANS),
    "codec-stream": Target(on_messages.codec_in_pieces, on_messages.STREAMS),
    "ocpp-frame": Target(on_messages.ocpp_frame, on_messages.OCPP_FRAMES),
    "request-head": Target(on_heads.request_head, on_heads.REQUESTS),
    "answer-head": Target(on_heads.answer_head, on_heads.ANSWERS),
    "path": Target(on_heads.path, on_heads.PATHS, 600),
    "basic": Target(on_heads.basic, on_heads.BASICS, 700),
    "proxy-header": Target(on_heads.proxy_header, on_heads.PROXY_HEADERS, 700),
    "certificate": Target(on_certificates.certificate, on_certificates.seeds(), 3000),
    "forwarded-certificate": Target(on_certificates.forwarded, on_certificates.forwarded_seeds(), 6000),
    "signing-request": Target(on_requests.signing_request, on_requests.requests(), 4000),
    "certificate-hash": Target(on_requests.certificate_hashes, on_requests.hash_plans(), 3000),
    "settings": Target(on_settings.settings_file, on_settings.FILES, 2000),
})  # fmt: skip
