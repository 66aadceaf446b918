"""Anchors of one name, as a handshake meets them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.certificates import Authority, Issued
from tests.fakes.tls_peer import PeerChoice, TlsPeer, shake_hands
from voltward.domain.secret import Secret
from voltward.wire.offered_chain import ChainVerifier
from voltward.wire.tls import TlsFacts, TlsServerEngine
from voltward.wire.tls_context import ServerChain, build_server_context


@pytest.mark.parametrize("maximum", ["TLSv1.2", "TLSv1.3"])
def test_a_root_that_came_with_a_new_key_and_its_old_name_turns_nobody_away(maximum: str) -> None:
    old, new, forger = (Authority.create("Reissued", organisation="Maker") for _ in range(3))
    server = Authority.create("Servers").issue("csms.example")
    chain = ServerChain("server", server.chain_pem, Secret(server.key_pem))
    anchors = [old.certificate_pem, new.certificate_pem]
    context = replace(build_server_context([chain], anchors), second_opinion=ChainVerifier(anchors).verify)

    def seen(shows: Issued) -> TlsFacts:
        engine = TlsServerEngine(context)
        shake_hands(engine, TlsPeer(PeerChoice(maximum=maximum, shows=shows)))
        return engine.facts()

    for root in (old, new):
        station = root.issue("SN-0001")
        facts = seen(station)
        assert (facts.verified_chain, facts.chain_errors) == ((station.der, root.der), ())
    assert [error.name for error in seen(forger.issue("SN-0001")).chain_errors] == ["cert_signature_failure"]
