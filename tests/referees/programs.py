"""The referees: programs of others in an environment of their own (`make referees` makes it), run on files.

Another kind of document is another row of `Linter`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

PROGRAMS = Path(sys.prefix) / "referees" / "bin"


class Linter(Enum):
    """Programs of pkilint with their options, by the documents that they take."""

    CERTIFICATE = ("lint_pkix_cert", "lint")
    ISSUER_AND_CERTIFICATE = ("lint_pkix_signer_signee_cert_chain", "lint")
    REVOCATION_LIST = ("lint_crl", "lint", "-t", "CRL", "-p", "PKIX")
    STATUS_ANSWER = ("lint_ocsp_response", "lint")


def lint(linter: Linter, folder: Path, *ders: bytes) -> list[str]:
    """What pkilint finds at least an error in documents (DER), as `code at path`; empty: nothing."""
    files = [folder / f"{number}.der" for number, _ in enumerate(ders)]
    for file, der in zip(files, ders, strict=True):
        file.write_bytes(der)
    program, *options = linter.value
    done = _run(
        [program, *options, "-f", "JSON", "-s", "ERROR", "--document-format", "DER", *map(str, files)]
    )
    assert done.stdout, done.stderr
    return [
        f"{finding['code']} at {result['node_path']}"
        for result in json.loads(done.stdout)["results"]
        for finding in result["finding_descriptions"]
    ]


def weaknesses_of_moduli(moduli: Sequence[int], folder: Path) -> list[dict[str, Any]]:
    """What badkeys finds in RSA moduli, for each of them: names of its checks, with details."""
    listed = folder / "moduli"
    listed.write_text("".join(f"{modulus:x}\n" for modulus in moduli), "ascii")
    checks = "roca,fermat,smallfactors,pattern"
    done = _run(["badkeys", "--moduli", "--all", "--warnings", "--json", "--checks", checks, str(listed)])
    assert done.stdout, done.stderr
    return [json.loads(line)["results"] for line in done.stdout.splitlines()]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """pkilint's status is the number of findings: what it says counts."""
    program = PROGRAMS / command[0]
    assert program.is_file(), f"{program} is not there: `make referees` installs it"
    return subprocess.run(
        [str(program), *command[1:]], capture_output=True, text=True, check=False, timeout=60
    )
