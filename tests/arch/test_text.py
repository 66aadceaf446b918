"""What no text of the repository may name: package registries, and places on one person's machine.

Which registry a machine uses is the machine's business; a path of one machine is wrong on all others.
"""

from __future__ import annotations

import re

import pytest

from tests.arch.source_tree import text_files

# In two parts each, so that this list does not find itself.
REGISTRIES = tuple(
    f"{name}.{domain}"
    for name, domain in [
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("crates", "io"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("nodejs", "org/dist"),
        ("anaconda", "org"), ("deb.debian", "org"), ("archive.ubuntu", "com"), ("proxy.golang", "org"),
    ]
)  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.)\]}>*-])/(?:work|root|tmp|home|Users|mnt|private)(?=/\w)")


def test_no_registry_is_named() -> None:
    found = [f"{path}: {host}" for path, text in text_files() for host in REGISTRIES if host in text]

    assert not found, "\n".join(found)


def test_no_path_of_one_machine_is_named() -> None:
    found = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for path, text in text_files()
        for match in MACHINE_PATH.finditer(text)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["see {}root/x", '"{}home/me/voltward"', "{}tmp/a"])
def test_a_path_of_one_machine_is_found(text: str) -> None:
    assert MACHINE_PATH.search(text.format("/"))


@pytest.mark.parametrize(
    "text", ["https://csms.example{}home/x", "src{}tmp/a", "{{folder}}{}tmp/a", "{}ocpp/CP001"]
)
def test_a_path_of_a_peer_is_left_alone(text: str) -> None:
    assert not MACHINE_PATH.search(text.format("/"))
