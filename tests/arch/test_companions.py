"""Each source file has its test file, and each unit test file its source file.

A module of `src/voltward/a/b.py` is tested in `tests/unit/a/test_b.py` or, when its test is a dialogue, in
`tests/playbooks/test_b.py`. A longer story about it may stand beside it as `test_b_....py`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from tests.arch.source_tree import (
    ROOT,
    Function,
    PythonFile,
    docstring_node,
    files_of_benchmarks,
    nodes,
    source_files,
)

# Modules whose test is of another kind: what they do shows only against a real database, socket or terminal.
# (source below src/voltward) -> (test below tests). An entry goes when the module gets a test file of its own.
TESTED_ELSEWHERE: Mapping[str, str] = {
    "__main__.py": "unit/cli/test_cli_process.py",
    "adapters/pki/outside/acme_session.py": "contracts/test_acme.py",
    "adapters/pki/outside/cmp.py": "contracts/test_cmp.py",
    "adapters/pki/outside/est.py": "contracts/test_est.py",
    "adapters/pki/outside/http_exchange.py": "contracts/test_est.py",
    "adapters/pki/outside/ejbca.py": "contracts/test_rest_authorities.py",
    "adapters/pki/outside/json_exchange.py": "contracts/test_rest_authorities.py",
    "adapters/pki/outside/step_ca.py": "contracts/test_rest_authorities.py",
    "adapters/pki/outside/vault_pki.py": "contracts/test_rest_authorities.py",
    "adapters/pki/outside/outside_authority.py": "contracts/test_est.py",
    "adapters/pki/signer/signer_client.py": "contracts/test_certificate_authority.py",
    "adapters/pki/signer/signer_messages.py": "contracts/test_signer.py",
    "adapters/pki/signer/signer_server.py": "contracts/test_signer.py",
    "adapters/pki/signer/socket_path.py": "contracts/test_signer.py",
    "adapters/pki/signer/status_desk.py": "contracts/test_signer.py",
    "adapters/pki/signer/token_keys.py": "contracts/test_token_keys.py",
    "crypto/tokens/token_signing.py": "contracts/test_token_keys.py",
    "adapters/sql/rows/acquaintance_store.py": "contracts/test_acquaintance_store.py",
    "adapters/sql/rows/anchor_store.py": "contracts/test_anchor_store.py",
    "adapters/sql/rows/ask_store.py": "contracts/test_ask_store.py",
    "adapters/sql/rows/authority_store.py": "contracts/test_authority_store.py",
    "adapters/sql/rows/change_feed.py": "contracts/test_change_feed.py",
    "adapters/sql/rows/credential_store.py": "contracts/test_credential_store.py",
    "adapters/sql/rows/denial_store.py": "contracts/test_denial_store.py",
    "adapters/sql/engines/engine.py": "contracts/test_unit_of_work.py",
    "adapters/sql/rows/exception_store.py": "contracts/test_exception_store.py",
    "adapters/sql/rows/columns.py": "unit/adapters/sql/rows/test_tables.py",
    "adapters/sql/rows/errand_store.py": "contracts/test_errand_store.py",
    "adapters/sql/rows/fact_inbox.py": "contracts/test_fact_inbox.py",
    "adapters/sql/rows/foreign_list_store.py": "contracts/test_foreign_list_store.py",
    "adapters/sql/rows/foreign_list_tables.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/rows/form_memory.py": "contracts/test_form_memory.py",
    "adapters/sql/rows/issued_store.py": "contracts/test_issued_store.py",
    "adapters/sql/rows/lifecycle_store.py": "contracts/test_lifecycle_store.py",
    "adapters/sql/portions/memory.py": "contracts/test_portions.py",
    "adapters/sql/portions/read_ahead.py": "contracts/test_portions.py",
    "adapters/sql/portions/stores.py": "contracts/test_portions.py",
    "adapters/sql/journal/journal_rows.py": "contracts/test_journal.py",
    "adapters/sql/migrations/versions/0001_first_tables.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0002_taken_over.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0003_csms_passwords.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0004_acquaintances.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0005_models_and_quirks.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/rows/mark_store.py": "contracts/test_mark_store.py",
    "adapters/sql/migrations/versions/0006_marks.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0007_breaker.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0008_life_cycles.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0009_revocations.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0010_foreign_lists.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0011_who_signed.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0012_denials_by_name.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0013_who_was_asked.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/migrations/versions/0014_sites.py": "unit/adapters/sql/test_schema.py",
    "adapters/sql/rows/operator_store.py": "contracts/test_operator_store.py",
    "adapters/sql/rows/station_store.py": "contracts/test_station_store.py",
    "adapters/sql/rows/trip_store.py": "contracts/test_trip_store.py",
    "adapters/sql/unit_of_work.py": "contracts/test_unit_of_work.py",
    "adapters/system_clock.py": "contracts/test_clock.py",
    "bootstrap/authority/authority_protocols.py": "unit/bootstrap/authority/test_authorities.py",
    "bootstrap/authority/authority_install.py": "unit/cli/ca/test_authority_signing.py",
    "bootstrap/authority/authority_succession.py": "unit/cli/ca/test_authority_succession.py",
    "bootstrap/authority/authority_keys.py": "contracts/test_token_keys.py",
    "bootstrap/rotation/chains.py": "unit/cli/ca/test_rotation.py",
    "bootstrap/rotation/ground.py": "unit/cli/ca/test_rotation_below_others.py",
    "bootstrap/rotation/next_authorities.py": "unit/cli/ca/test_rotation_below_others.py",
    "bootstrap/rotation/preparing.py": "unit/cli/ca/test_rotation_below_others.py",
    "bootstrap/rotation/views.py": "unit/cli/ca/test_rotation.py",
    "cli/ca/rotation_words.py": "unit/cli/ca/test_rotation.py",
    "lifecycles/rollover_state.py": "playbooks/test_trust_rollover.py",
    "bootstrap/authority/authority_orders.py": "unit/cli/ca/test_own_authority.py",
    "bootstrap/authority/published_lists.py": "unit/cli/test_posture.py",
    "adapters/pki/root_memory.py": "unit/cli/ca/test_root_lists.py",
    "bootstrap/authority/offline_list.py": "unit/cli/ca/test_root_lists.py",
    "bootstrap/authority/list_install.py": "unit/cli/ca/test_root_lists.py",
    "bootstrap/authority/offline_root.py": "unit/cli/ca/test_authority_signing.py",
    "bootstrap/authority/token.py": "contracts/test_token_keys.py",
    "bootstrap/authority/revocation.py": "unit/cli/cert/test_certificate.py",
    "cli/ca/own_authority_words.py": "unit/cli/ca/test_own_authority.py",
    "bootstrap/gateway/process.py": "journeys/test_operations.py",
    "cli/backup.py": "journeys/test_backup.py",
    "bootstrap/authority/server_orders.py": "unit/cli/ca/test_server_certificate.py",
    "bootstrap/authority/server_renewal.py": "unit/cli/ca/test_server_certificate.py",
    "demo/business.py": "journeys/test_demo.py",
    "demo/commands.py": "journeys/test_demo.py",
    "demo/curtain.py": "journeys/test_demo.py",
    "demo/deployment.py": "journeys/test_demo.py",
    "demo/encore.py": "journeys/test_demo.py",
    "demo/gateway_process.py": "journeys/test_demo.py",
    "demo/opening.py": "journeys/test_demo.py",
    "demo/orders.py": "journeys/test_demo.py",
    "demo/players.py": "journeys/test_demo.py",
    "demo/quarantines.py": "journeys/test_demo.py",
    "demo/renewals.py": "journeys/test_demo.py",
    "demo/rotations.py": "journeys/test_demo.py",
    "gateway/departures.py": "journeys/test_drain.py",
    "gateway/enrolment/tls_line.py": "unit/gateway/enrolment/test_server.py",
    "usecases/issuance/request_certificate.py": "unit/gateway/enrolment/test_desk.py",
    "gateway/links/precedence.py": "journeys/test_second_connection.py",
    "gateway/links/reception.py": "journeys/test_second_connection.py",
    "gateway/server.py": "journeys/test_operations.py",
    "ocpp/certificate_facts.py": "contracts/test_certificate_messages.py",
    "ocpp/certificate_words.py": "contracts/test_certificate_messages.py",
    "ocpp/intent_answers.py": "contracts/test_intents.py",
    "ocpp/intents_v16.py": "contracts/test_intents.py",
    "ocpp/intents_v2.py": "contracts/test_intents.py",
    "lifecycles/renewal_reports.py": "playbooks/test_certificate_renewal_reported.py",
    "lifecycles/renewal_steps.py": "playbooks/test_certificate_renewal.py",
    "lifecycles/upgrade_state.py": "playbooks/test_profile_upgrade.py",
    "lifecycles/upgrade_steps.py": "playbooks/test_profile_upgrade.py",
    "simulator/csms/csms_office.py": "journeys/test_station_certificates.py",
    "simulator/token_keys.py": "journeys/test_station_token.py",
    "simulator/token_link.py": "journeys/test_station_token.py",
    "simulator/server_chain.py": "journeys/test_station_trust.py",
    "simulator/attacks/on_credentials.py": "journeys/test_attacks_can_fail.py",
    "simulator/attacks/on_links.py": "journeys/test_attacks_can_fail.py",
    "simulator/attacks/on_tls.py": "journeys/test_attacks_can_fail.py",
    "simulator/link.py": "journeys/test_simulator_on_the_wire.py",
    "simulator/live_station.py": "journeys/test_simulator_on_the_wire.py",
    "simulator/attacks/raw_exchange.py": "journeys/test_simulator_on_the_wire.py",
}

# Debts: modules without any test. This list only shrinks.
UNTESTED: frozenset[str] = frozenset()


def test_every_module_that_does_something_has_its_test_file() -> None:
    missing = {
        file.in_package
        for file in source_files()
        if _does_something(file) and not _own_tests(file) and file.in_package not in TESTED_ELSEWHERE
    }

    # A debt that is paid is found here as well: it has to leave the list.
    changed = sorted(missing ^ UNTESTED)

    assert not changed, "\n".join(changed)


def test_what_is_tested_elsewhere_exists_and_has_no_test_file_of_its_own() -> None:
    modules = {file.in_package: file for file in source_files()}
    stale = [
        f"{source} -> {test}"
        for source, test in TESTED_ELSEWHERE.items()
        if source not in modules or not (ROOT / "tests" / test).is_file() or _own_tests(modules[source])
    ]

    assert not stale, "\n".join(stale)


def test_every_unit_test_file_mirrors_a_module() -> None:
    mirrors = {path for file in source_files() for path in _own_tests(file)}
    benchmarks = {Path(file.path).stem.strip("_") for file in files_of_benchmarks()}
    mirrors |= {ROOT / "tests" / "unit" / "benchmarks" / f"test_{name}.py" for name in benchmarks}
    tests = (ROOT / "tests" / "unit").rglob("test_*.py")
    found = sorted(path.relative_to(ROOT).as_posix() for path in tests if path not in mirrors)

    assert not found, "\n".join(found)


def _own_tests(file: PythonFile) -> list[Path]:
    source = Path(file.in_package)
    # A package is tested under its own name: `crypto/__init__.py` in `unit/crypto/test_crypto.py`.
    name = source.stem if source.stem != "__init__" else (source.parent.name or "voltward")
    name = name.lstrip("_")
    folder = ROOT / "tests" / "unit" / source.parent
    playbook = ROOT / "tests" / "playbooks" / f"test_{name}.py"
    return [
        *folder.glob(f"test_{name}.py"),
        *folder.glob(f"test_{name}_*.py"),
        *([playbook] if playbook.is_file() else []),
    ]


def _does_something(file: PythonFile) -> bool:
    """Words without behaviour (constants, records, protocols, exports) have nothing to test."""
    return any(isinstance(node, Function) and _has_body(node) for node in nodes(file))


def _has_body(function: Function) -> bool:
    body = function.body[1:] if docstring_node(function) else function.body
    return not all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)
