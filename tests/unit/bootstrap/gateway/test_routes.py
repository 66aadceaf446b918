from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import SeededEntropy
from tests.fakes.deployments import Site
from tests.fakes.rooms import MemoryRoom
from voltward.bootstrap.gateway.routes import attestation_of, route_dialects, route_table
from voltward.bootstrap.gateway.routes import routes_of as routes_in
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.gateway.csms.route_settings import CsmsSettings
from voltward.gateway.csms.routes import Routes
from voltward.ports.vault import GatewayKey, KeyRoom
from voltward.settings import Settings

TOKEN = b"0123456789abcdef"
ROOT = MadeAuthority.create("CSMS root")


def routes_of(settings: Settings, room: KeyRoom | None = None) -> Routes:
    return routes_in(settings, room or MemoryRoom(), SeededEntropy())


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    token = tmp_path / "acme.token"
    token.write_bytes(TOKEN + b"\n")
    token.chmod(0o600)
    return Site(tmp_path)


def acme(more: str = "", csms: str = 'url="ws://127.0.0.1:9001/"') -> str:
    return f'route.acme={{path="/acme/{{station}}", tenant="acme", {more} csms={{{csms}}}}}'


def test_without_routes_there_is_the_usual_one(plain: Site) -> None:
    (rule,) = route_table(plain.settings())

    assert (rule.name, rule.tenant, rule.hosts, rule.path.place("ID")) == (
        "default",
        "default",
        frozenset(),
        "/ocpp/ID",
    )


def test_routes_stand_beside_the_usual_one_or_without_it(plain: Site) -> None:
    assert {rule.name for rule in route_table(plain.settings(acme()))} == {"default", "acme"}
    assert {rule.name for rule in route_table(plain.settings(acme(), "csms.url="))} == {"acme"}
    assert plain.settings(acme(), "csms.url=").tenants() == {"acme"}


def test_a_route_may_be_called_like_the_usual_one_only_where_that_is_not_there(plain: Site) -> None:
    named = acme().replace("route.acme", "route.default")

    with pytest.raises(OperatorFault, match="there twice"):
        route_table(plain.settings(named))
    assert [rule.tenant for rule in route_table(plain.settings(named, "csms.url="))] == ["acme"]


def test_each_route_has_its_own_way_and_its_own_budget(plain: Site) -> None:
    routes = routes_of(plain.settings(acme(csms='url="ws://127.0.0.1:9001/", dial_rate=1, dial_burst=1')))

    usual, other = routes.named("default"), routes.named("acme")
    assert usual is not None
    assert other is not None
    assert (usual.csms.url, other.csms.url) == ("ws://127.0.0.1:9000/ocpp", "ws://127.0.0.1:9001/")
    assert [other.dials.enter(0.0), other.dials.enter(0.0)] == [0.0, 1.0]
    assert all(usual.dials.enter(0.0) == 0.0 for _ in range(1000))


def test_a_token_is_a_reference_to_a_secret(plain: Site) -> None:
    more = 'token="file:acme.token",'
    (rule, _) = route_table(plain.settings(acme(more).replace("/acme/", "/acme/{token}/")))

    assert rule.token == Secret(TOKEN)
    with pytest.raises(OperatorFault, match="names no place for its token") as caught:
        route_table(plain.settings(acme(more)))
    assert caught.value.subject == "route.acme"
    with pytest.raises(OperatorFault, match="by reference only") as caught:
        route_table(plain.settings(acme('token="hunter2",')))
    assert "hunter2" not in str(caught.value)


def test_the_route_speaks_all_dialects_or_those_that_are_named() -> None:
    assert list(route_dialects(CsmsSettings())) == ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"]
    assert list(route_dialects(CsmsSettings(protocols=["ocpp1.6"]))) == ["ocpp1.6"]
    with pytest.raises(OperatorFault, match="'mqtt' is no subprotocol") as caught:
        route_dialects(CsmsSettings(protocols=["mqtt"]), "route.acme.csms")
    assert caught.value.subject == "route.acme.csms.protocols"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["csms.url="], "no CSMS to relay to"),
        (["csms.url=http://x"], "not a WebSocket URL"),
        (['csms.headers={"Cookie"="x"}'], "cannot be set"),
        (["csms.basic=shared", "csms.shared_password=hunter2"], "by reference only"),
        (["csms.token=true", "csms.token_header=Host"], "cannot be set"),
        (["csms.token=true", "csms.token_header=Authorization", "csms.basic=pass"], "cannot be set"),
        (["csms.token=true", "csms.token_lifetime=2 h"], "from 1 s to 1 h"),
        (["csms.url=wss://x/", "csms.client_certificate=gw.pem"], "come together"),
        (["csms.url=wss://x/", "csms.client_key=file:gw.key"], "come together"),
        ([acme(csms="")], "no CSMS to relay to"),
        (['route.acme={tenant="A/B", csms={url="ws://127.0.0.1/"}}'], "no name of a tenant"),
        (['route.acme={host=["https://x"], csms={url="ws://127.0.0.1/"}}'], "is no host"),
        (['route.acme={tenant="acme", csms={url="ws://127.0.0.1/"}}'], "cannot be told apart"),
    ],
)
def test_a_route_that_cannot_be_gone_is_refused(plain: Site, overrides: list[str], words: str) -> None:
    with pytest.raises(OperatorFault, match=words) as caught:
        routes_of(plain.settings(*overrides))
    assert "hunter2" not in str(caught.value)


def test_a_fault_names_the_setting_that_it_is_about() -> None:
    with pytest.raises(OperatorFault) as caught:
        attestation_of(CsmsSettings(headers={"Host": "x"}), "route.acme.csms")
    assert caught.value.subject == "route.acme.csms.headers"


def test_authorities_for_the_csms_are_read_from_their_file(plain: Site) -> None:
    secure = plain.settings("csms.url=wss://csms.example/", "csms.ca=csms-roots.pem")

    with pytest.raises(OutsideFault, match="cannot be read"):
        routes_of(secure)
    (plain.folder / "csms-roots.pem").write_bytes(ROOT.certificate_pem)
    usual = routes_of(secure).named("default")
    assert usual is not None
    assert usual.csms.tls is not None


def with_client_certificate(site: Site) -> Settings:
    return site.settings(
        "csms.url=wss://csms.example/", "csms.client_certificate=gw.pem", "csms.client_key=file:gw.key"
    )


def test_a_certificate_for_the_csms_is_loaded_with_its_key(plain: Site) -> None:
    mine, other = ROOT.issue("gateway"), ROOT.issue("another")
    key = plain.folder / "gw.key"
    key.touch(0o600)
    with pytest.raises(OutsideFault, match="cannot be read"):
        routes_of(with_client_certificate(plain))
    (plain.folder / "gw.pem").write_bytes(mine.chain_pem)
    key.write_bytes(mine.key_pem)

    usual = routes_of(with_client_certificate(plain)).named("default")

    assert usual is not None
    assert usual.csms.tls is not None
    key.write_bytes(other.key_pem)
    with pytest.raises(OperatorFault, match="cannot be used") as caught:
        routes_of(with_client_certificate(plain))
    assert caught.value.subject == "csms.client_certificate"


def test_only_what_a_route_needs_is_taken_from_the_room(plain: Site) -> None:
    room = MemoryRoom()

    assert routes_of(plain.settings(), room).key_set == b""
    assert room.names() == ()
    routes_of(plain.settings("csms.basic=stored"), room)
    assert room.names() == (GatewayKey.CSMS_PASSWORDS,)
    assert routes_of(plain.settings("csms.token=true"), room).key_set
    assert set(room.names()) == {GatewayKey.CSMS_PASSWORDS, GatewayKey.CSMS_TOKEN}


def test_the_authorization_header_is_free_for_the_token_where_basic_is_not_used(plain: Site) -> None:
    usual = routes_of(plain.settings("csms.token=true", "csms.token_header=Authorization")).named("default")

    assert usual is not None
    assert usual.token is not None
    assert (usual.token.header, usual.token.audience) == ("Authorization", "default")
