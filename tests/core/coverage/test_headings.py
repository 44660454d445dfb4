"""Every column of every built-in template is kept somewhere, or says why it can not be."""

from __future__ import annotations

import pytest

from mirrord.core.columns.tables import TABLES
from mirrord.core.coverage.headings import general, headings
from tests.core.coverage.templates import HEADINGS, heading

#: The import template is the shorter form of the export.
_TOLD_AS = {"products v2 Bulk Edit (import template)": "products v2 Bulk Edit"}


@pytest.mark.parametrize("template", HEADINGS)
def test_no_column_of_a_template_is_forgotten(template: str) -> None:
    """As BigCommerce's own files have them; each is told exactly once."""
    told = [one.name for one in headings() if one.template == _TOLD_AS.get(template, template)]
    wanted = [general(column) for column in heading(template)]
    assert {name: told.count(name) for name in wanted} == dict.fromkeys(wanted, 1)


def test_a_column_is_kept_in_a_file_that_has_it_or_says_why_not() -> None:
    """Never both, never neither; what is called kept is a column that is filled."""
    tables = {
        f"{table.name}.csv": table
        for group in TABLES.values()
        for table in (one.sized(0) for one in group)
    }
    wrong = []
    for one in headings():
        table = tables.get(one.file)
        if table is None:
            right = bool(one.why) and not one.file and not one.column
        else:
            filled = {general(name) for name in table.columns if name not in table.not_filled}
            right = not one.why and one.column in filled
        if not right:
            wrong.append(one)
    assert wrong == []


def test_our_files_have_the_columns_of_the_templates_in_their_order() -> None:
    """So that they can be imported again; what is more stands at the end, what is not says why."""
    tables = {table.name: table.sized(0) for group in TABLES.values() for table in group}
    for template, name in (
        ("products v3", "products"),
        ("products v2 Default", "products.default"),
        ("customers Default", "customers"),
        ("orders Default", "orders.default"),
        ("orders, all fields", "orders"),
        ("redirects", "redirects"),
    ):
        assert list(tables[name].columns) == heading(template)
    bulk = [name for name in heading("products v2 Bulk Edit") if "Product File" not in name]
    assert list(tables["products.bulk-edit"].columns) == bulk
    assert list(tables["customers.bulk-edit"].columns) == [
        *heading("customers Bulk Edit"),
        "Customer ID",
    ]
