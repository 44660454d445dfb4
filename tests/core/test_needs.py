"""Which datasets hang on which scope of the token, and how it is proven."""

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.needs import needs
from mirrord.core.datasets.scopes import CUSTOMERS, INFORMATION, NONE, ORDERS, PRODUCTS

APART = {PRODUCTS, CUSTOMERS, ORDERS, INFORMATION, NONE}


def test_every_dataset_stands_in_the_line_of_its_scope() -> None:
    """Once; none is forgotten, whatever row is added to the table."""
    told = [(need.scope, name) for need in needs() for name in need.names]
    table = [
        (one.scope, name.replace("_", " "))
        for name, one in DATASETS.items()
        if one.scope not in APART
    ]
    assert set(table) <= set(told)
    assert len(set(told)) == len(told)
    assert {scope for scope, _ in told} == {scope for scope, _ in table}


def test_what_an_order_has_besides_is_named_with_its_own_scope() -> None:
    """A token for orders alone gets no transactions."""
    by_label = {need.label: need.names for need in needs()}
    assert by_label["Order transactions: read-only"] == ("transactions of orders", "refunds")


def test_each_scope_is_proven_by_one_row_at_the_most() -> None:
    """Themes have no pages; there are never many."""
    asked = {need.path: need.query for need in needs()}
    assert asked.pop("v3/themes") == {}
    assert set(map(str, asked.values())) == {"{'limit': '1'}"}
    assert all("{" not in path for path in asked)
