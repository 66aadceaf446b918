"""A whole deployment as `voltward init` makes it; made once in a test run, and copied for whoever needs one."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.fakes.chance import CountedTokens
from tests.fakes.pooled_keys import PooledKeys
from tests.fakes.ready_stores import put_ready_sqlite
from voltward.adapters.deployment_site import deployment_sites
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import open_deployment
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.settings import Settings, load_settings
from voltward.usecases.deployment.deployment_plan import DeploymentPlan
from voltward.usecases.deployment.make_deployment import make_deployment

HOST = "csms.example"


@dataclass(frozen=True, slots=True)
class Site:
    """A deployment in a folder of the test, on ports of the system's choice."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "voltward.toml"

    def settings(self, *overrides: str) -> Settings:
        """As the command line would read them."""
        own = ("gateway.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0")
        return load_settings(self.file, (*own, *overrides))


async def made_site(folder: Path, host: str = HOST) -> Site:
    """A deployment with an empty store in `folder`, which must not exist."""
    shutil.copytree(_made(host), folder)
    site = Site(folder)
    await put_ready_sqlite(folder / "voltward.db")
    async with open_deployment(site.settings()):
        return site


@cache
def _made(host: str) -> Path:
    """Drawing its keys takes half a second."""
    parent = Path(tempfile.mkdtemp(prefix="voltward-tests-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    folder = parent / "deployment"
    plan = DeploymentPlan(folder, "Example CPO", (host,), "ws://127.0.0.1:9000/ocpp", "you@example.org")
    sites = deployment_sites(CountedTokens(), FOR_TESTS)
    make_deployment(plan, sites, SystemClock(), CountedTokens("made"), PooledKeys())
    return folder
