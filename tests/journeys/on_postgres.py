"""A deployment whose store was moved to a PostgreSQL server, as its operator would move it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from tests.fakes.postgres import PASSWORD, PostgresServer
from tests.journeys.command_line import run_cli
from tests.journeys.deployment import Template


async def on_postgres(template: Template, folder: Path, server: PostgresServer) -> Template:
    """A copy of it in `folder` after `voltward store move`, with its settings changed as that said."""
    shutil.copytree(template.folder, folder)
    password = folder / "store.password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    url, settings = server.network_url(server.new_database()), folder / "voltward.toml"
    how = ("--to", url, "--to-password", "file:store.password", "--to-tls", "off")

    told = await run_cli("store", "move", *how, "--json", "-c", str(settings))
    assert told.status == 0, told
    assert json.loads(told.out)["rows"]["stations"] == sum(map(len, template.pool.values()))

    place = "".join(f'{key} = "{value}"\n' for key, value in json.loads(told.out)["settings"].items())
    before, _, after = settings.read_text().partition("[store]\n")
    settings.write_text(f"{before}[store]\n{place}\n[bus]\n{after.partition('[bus]')[2]}")
    return replace(template, folder=folder)
