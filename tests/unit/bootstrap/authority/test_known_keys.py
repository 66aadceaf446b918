from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import new_key
from tests.fakes.deployments import Site
from voltward.bootstrap.authority.known_keys import known_keys
from voltward.bootstrap.soundness.policies import check_known_keys
from voltward.crypto.keys import key_fingerprint
from voltward.domain.errors import OperatorFault

KEY, OTHER = new_key().public_key(), new_key().public_key()


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    return Site(tmp_path)


def test_the_keys_of_all_lists_are_known(plain: Site, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(f"{key_fingerprint(KEY).hex()}\n")
    (tmp_path / "two.txt").write_text(f"# more\n{'ab' * 10}\n")

    known = known_keys(plain.settings('certificates.key_blocklists=["one.txt", "two.txt"]'))

    assert (known.lists(KEY), known.lists(OTHER), len(known.debian)) == (True, False, 1)
    assert not known_keys(plain.settings()).lists(KEY)


@pytest.mark.parametrize("content", [None, "no key\n", "\u00e4\n"])
def test_a_list_that_is_none_is_named(plain: Site, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "one.txt").write_text(content, encoding="utf-8")
    settings = plain.settings('certificates.key_blocklists=["one.txt"]')

    with pytest.raises(OperatorFault) as refused:
        list(check_known_keys(settings))

    assert str(refused.value.subject).endswith("one.txt")
