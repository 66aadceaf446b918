from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.deployments import Site
from voltward.bootstrap.authority.status_finder import status_finder
from voltward.domain.certificate_status import CertificateStatus, StatusQuestion, StatusSource
from voltward.domain.errors import OperatorFault
from voltward.domain.intents import CertificateHash, HashAlgorithm
from voltward.domain.station import StationId

NAME = CertificateHash(HashAlgorithm.SHA256, "00" * 32, "00" * 32, "7")


async def test_nobody_is_asked_who_is_not_listed(site: Site) -> None:
    finder = status_finder(site.settings(), FakeClock())
    question = StatusQuestion(NAME, StatusSource.OCSP, ("http://169.254.169.254/",))

    (answer,) = await finder.find(StationId("CP001"), [question])

    assert answer.status is CertificateStatus.FAILED


def test_what_is_no_network_is_told(site: Site) -> None:
    settings = site.settings('certificates.status_networks=["here"]')

    with pytest.raises(OperatorFault, match="here"):
        status_finder(settings, FakeClock())
