"""The inside is pure: the import contracts say what it must not use, this says what it may."""

from __future__ import annotations

from tests.arch.source_tree import PACKAGE, foreign_imports, project, source_files

INSIDE = frozenset({"domain", "rulebook", "lifecycles", "detection", "ports"})

# The inside may use what computes. Whatever waits, reads, writes, remembers or surprises is not here.
COMPUTES = frozenset({
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "copy",
    "dataclasses", "datetime", "enum", "fnmatch", "functools", "hashlib", "heapq", "hmac", "ipaddress", "itertools", "json",
    "math", "operator", "re", "statistics", "string", "textwrap", "types", "typing", "unicodedata", "urllib.parse",
})  # fmt: skip
# The rulebook's controls are data files of the package; a port may say that it takes a path.
BESIDES = {"rulebook": frozenset({"importlib.resources", "tomllib"}), "ports": frozenset({"pathlib"})}


def test_the_inside_imports_only_what_computes() -> None:
    found = [
        f"{file.path}:{line}: {module}"
        for file in source_files()
        if file.layer in INSIDE
        for line, module in foreign_imports(file)
        if not _is_allowed(module, COMPUTES | BESIDES.get(file.layer, frozenset()))
    ]

    assert not found, "\n".join(found)


def test_every_package_of_the_inside_is_under_the_import_contract() -> None:
    contracts = project()["tool"]["importlinter"]["contracts"]
    (pure,) = [contract for contract in contracts if contract["id"] == "pure-inside"]
    present = {f"voltward.{name}" for name in INSIDE if (PACKAGE / name / "__init__.py").is_file()}

    missing = sorted(present - set(pure["source_modules"]))

    assert not missing, f"pyproject.toml, contract pure-inside: add {', '.join(missing)}"


def _is_allowed(module: str, allowed: frozenset[str]) -> bool:
    return module in allowed or module.removesuffix(".abc") in allowed
