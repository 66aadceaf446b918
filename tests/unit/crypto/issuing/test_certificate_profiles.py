from __future__ import annotations

from datetime import timedelta

import pytest

from voltward.crypto.issuing.certificate_profiles import (
    BACKDATED,
    CSMS_SERVER,
    FIRMWARE_CA,
    ISSUING_CA,
    ROOT,
    STATION,
    CertificateProfile,
    KeyUse,
)

AUTHORITIES = (ROOT, ISSUING_CA, FIRMWARE_CA)
LEAVES = (CSMS_SERVER, STATION)


@pytest.mark.parametrize("profile", AUTHORITIES)
def test_authorities_sign_certificates_and_revocations(profile: CertificateProfile) -> None:
    assert profile.is_ca
    assert profile.uses >= {KeyUse.SIGN_CERTIFICATES, KeyUse.SIGN_REVOCATIONS}


@pytest.mark.parametrize("profile", LEAVES)
def test_leaves_sign_no_certificates(profile: CertificateProfile) -> None:
    assert not profile.is_ca
    assert KeyUse.SIGN_CERTIFICATES not in profile.uses


@pytest.mark.parametrize("profile", [ROOT, ISSUING_CA, CSMS_SERVER])
def test_the_whole_path_of_a_server_reaches_back_two_years(profile: CertificateProfile) -> None:
    """Field note 23: a station's clock stands at its firmware's build date."""
    assert profile.backdated == BACKDATED >= timedelta(days=730)


def test_each_outlives_what_it_issues() -> None:
    assert ROOT.lifetime > ISSUING_CA.lifetime > max(CSMS_SERVER.lifetime, STATION.lifetime)
    assert (ROOT.path_length, ISSUING_CA.path_length) == (1, 0)
