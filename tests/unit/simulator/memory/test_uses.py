from __future__ import annotations

from voltward.simulator.memory.uses import CertificateUse


def test_what_is_for_vehicles_alone_is_not_shown_to_the_csms() -> None:
    assert {use for use in CertificateUse if use.is_for_the_link} == {
        CertificateUse.STATION,
        CertificateUse.COMBINED,
    }
