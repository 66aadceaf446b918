"""A corporate PKI, as openssl plays one: a root, an intermediate, and certificates for requests of others."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.certificates import Authority

_CA = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"


@dataclass(frozen=True, slots=True)
class CorporatePki:
    """It knows nothing of us but the requests."""

    folder: Path
    root: Authority
    middle: Authority

    @classmethod
    def create(cls, folder: Path, name: str) -> CorporatePki:
        """In a folder of its own."""
        folder.mkdir(parents=True)
        root = Authority.create(f"{name} root")
        middle = Authority.create(f"{name} issuing", parent=root)
        key = middle.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "ext").write_text(_CA)
        (folder / "middle.key").write_bytes(key)
        (folder / "middle.pem").write_bytes(middle.certificate_pem)
        (folder / "above.pem").write_bytes(middle.certificate_pem + root.certificate_pem)
        return cls(folder, root, middle)

    @property
    def above(self) -> str:
        """What stands above all that it signs, up to its root."""
        return str(self.folder / "above.pem")

    def sign(self, requests: Iterable[Path]) -> list[str]:
        """CAs for these requests: files that hold one certificate each."""
        return [self._signed(path) for path in requests]

    def _signed(self, request: Path) -> str:
        made = self.folder / f"{request.name}.pem"
        subprocess.run(  # noqa: S603 - fixed arguments
            [  # noqa: S607
                "openssl", "x509", "-req", "-in", str(request), "-CA", "middle.pem", "-CAkey", "middle.key",
                "-extfile", "ext", "-days", "3650", "-out", str(made),
            ],
            cwd=self.folder, capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        return str(made)
