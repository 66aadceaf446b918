from __future__ import annotations

from pathlib import Path

from tests.fakes.deployments import Site
from tests.fakes.signers import SignerSite
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.bootstrap.parts_beside import asked_by_worker, parts_beside
from voltward.domain.part import Part

PUBLISHED = "publication.listen=127.0.0.1:8081"


def test_those_are_missed_that_serve_would_start(site: Site) -> None:
    assert parts_beside(site.settings()) == (Part.WORKER, Part.SIGNER)
    assert parts_beside(site.settings(PUBLISHED, "enrolment.listen=127.0.0.1:8444")) == tuple(Part)
    for path in (site.folder / "public").glob("*-ca-*.pem"):
        path.unlink()
    assert parts_beside(site.settings()) == (Part.WORKER,)


def test_the_worker_asks_those_that_have_no_store(site: Site, tmp_path: Path) -> None:
    desk = SignerSite(tmp_path).make().desk()
    signer = SignerClient(in_process(desk))
    assert set(asked_by_worker(site.settings(), signer)) == {Part.SIGNER}
    assert set(asked_by_worker(site.settings(PUBLISHED), signer)) == {Part.SIGNER, Part.PUBLISHER}
    desk.close()
