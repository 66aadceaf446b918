"""Each library has its home: where another one would be tried, and where its faults are translated.

A library that is imported everywhere cannot be replaced, and its exceptions and types leak with it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions

from tests.arch.source_tree import foreign_imports, project, source_files

# Import name -> folders or modules below src/voltward.
HOMES: Mapping[str, tuple[str, ...]] = {
    "OpenSSL": ("wire/",),
    "aiosqlite": ("adapters/sql/",),
    "asyncpg": ("adapters/sql/",),
    "alembic": ("adapters/sql/",),
    "argon2": ("crypto/",),
    "cryptography": ("crypto/", "wire/", "adapters/", "simulator/"),
    "cyclopts": ("cli/",),
    "jsonschema_rs": ("ocpp/",),
    "joserfc": ("crypto/",),
    "msgspec": (
        "ocpp/",
        "gateway/",
        "adapters/",
        "settings.py",
        "supervisor/",
        "usecases/lifecycles/renewal_settings.py",
    ),
    "pkcs11": ("adapters/pki/", "simulator/token_keys.py"),
    "prometheus_client": ("gateway/", "adapters/"),
    "rich": ("cli/", "demo/"),
    "sqlalchemy": ("adapters/sql/",),
    "sqlite3": ("adapters/sql/",),
    "ssl": ("wire/tls_client.py", "simulator/"),
    "structlog": ("gateway/", "worker/", "publisher/", "adapters/", "bootstrap/", "supervisor/"),
    "uvloop": ("bootstrap/", "supervisor/", "gateway/", "demo/"),
    "websockets": ("wire/", "gateway/", "simulator/", "demo/"),
}


def test_every_library_is_met_at_its_home() -> None:
    found = [
        f"{file.path}:{line}: {module}"
        for file in source_files()
        for line, module in foreign_imports(file)
        if (homes := HOMES.get(module.split(".")[0])) and not file.in_package.startswith(homes)
    ]

    assert not found, "\n".join(found)


def test_the_package_imports_only_libraries_with_a_home() -> None:
    found = [
        f"{file.path}:{line}: {module}"
        for file in source_files()
        for line, module in foreign_imports(file)
        if (top := module.split(".")[0]) not in sys.stdlib_module_names and top not in HOMES
    ]

    assert not found, "\n".join(found)


def test_every_library_with_a_home_is_declared() -> None:
    """What only the tests need (the `dev` extra) is not there where Voltward runs."""
    table = project()["project"]
    requirements = [*table["dependencies"], *table["optional-dependencies"]["pkcs11"]]
    declared = {_normalised(re.split(r"[\s\[<>=!~;]", requirement)[0]) for requirement in requirements}
    distributions = packages_distributions()
    missing = [
        library
        for library in HOMES
        if library not in sys.stdlib_module_names
        and declared.isdisjoint(_normalised(name) for name in distributions.get(library, ()))
    ]

    assert not missing, ", ".join(missing)


def _normalised(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
