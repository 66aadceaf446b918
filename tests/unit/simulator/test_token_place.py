from __future__ import annotations

from pathlib import Path

from voltward.simulator.certificates import KeyKind, new_key
from voltward.simulator.token_place import KeyInToken, TokenPlace


def test_the_uri_names_the_key_and_where_the_pin_is_and_not_the_pin(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("12 34\n")
    place = TokenPlace("/usr/lib/token.so", "my stations", "key;1", str(pin))

    assert place.pin() == "12 34"
    assert place.uri("/run/pin") == (
        "pkcs11:token=my%20stations;object=key%3B1;type=private?pin-source=file:%2Frun%2Fpin"
    )


def test_a_key_in_memory_is_in_no_token() -> None:
    assert not isinstance(new_key(KeyKind.EC), KeyInToken)
