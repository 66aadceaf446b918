"""The lists of keys that are known to others, as the operator names them: read at the start, whole."""

from __future__ import annotations

from voltward.crypto.requests.key_blocklist import KeyBlocklist, read_blocklist
from voltward.domain.errors import OperatorFault
from voltward.settings import Settings


def known_keys(settings: Settings) -> KeyBlocklist:
    """All lists as one. OperatorFault names a file that is not there, or a line of it that is no key."""
    keys, debian = set[bytes](), set[bytes]()
    for name in settings.certificates.key_blocklists:
        path = settings.path(name)
        try:
            with path.open(encoding="ascii") as lines:
                listed = read_blocklist(lines, str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise OperatorFault(
                "this list of known keys cannot be read.",
                mend="Name a text file that is there in certificates.key_blocklists.",
                subject=str(path),
            ) from error
        keys |= listed.keys
        debian |= listed.debian
    return KeyBlocklist(frozenset(keys), frozenset(debian))
