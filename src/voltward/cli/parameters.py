"""Options that many commands take, said once."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

Profile = Literal[1, 2, 3]
Flag = Annotated[bool, Parameter(negative=())]
Tenant = Annotated[
    str | None, Parameter(help="Whose station it is; without it, ID is `default`'s, or written TENANT/ID.")
]
