from __future__ import annotations

from tests.fakes.deployments import Site
from voltward.bootstrap.authority.known_anchors import known_anchors
from voltward.crypto.reading.certificates import read_certificate


def test_all_our_authorities_are_known_each_once(site: Site) -> None:
    known = known_anchors(site.settings())

    subjects = [read_certificate(der).subject for der in known]
    assert len(known) == len(set(known)) == 7
    assert sum("root" in subject for subject in subjects) == 2
