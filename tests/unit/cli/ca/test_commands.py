from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Shell
from voltward.cli.ca.commands import ORDERS, READ_ON, Order


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_each_order_says_what_it_does_how_it_is_given_and_where_to_read_on(bare: Shell, order: Order) -> None:
    said = " ".join(bare.done("ca", order.name, "--help").out.split())

    for paragraph in order.help.replace("`", "").split("\n\n"):
        assert paragraph in said.replace("`", "")
    assert f"As in: voltward ca {order.name} " in said
    assert order.example in said
    assert READ_ON in said


def test_the_list_of_all_leaves_none_without_a_word(bare: Shell) -> None:
    said = bare.done("ca", "--help").out

    for order in ORDERS:
        (line,) = [line for line in said.splitlines() if line.startswith(f"│ {order.name} ")]
        assert line.split()[2:][:3] == order.help.split()[:3]
    assert READ_ON in said
