"""The SKU and Rule rows of products.bulk-edit.csv, as cells by their column.

A variant's price, weight and picture are a rule that names its SKU. Options come with the mark of
their kind, ``[RT]Size=L,[CS]Color=Black:#000000``; without it where the kind is not known.
Source: BigCommerce's article "Complex Attributes" (what of a variant stands in its SKU row, and
what in a Rule row); the marks of options and prices as public programs write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from mirrord.core.columns.flat import Fields
from mirrord.core.columns.forms import fields_of, joined, objects, own, plain, yes_no
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

#: The importer's marks for kinds of options; another kind stands as the API names it.
_MARKS = {"rectangles": "RT", "radio_buttons": "RB", "swatch": "CS", "dropdown": "S"}

_SKU: Mapping[str, Callable[[Fields], str]] = {
    "Item Type": lambda _: "  SKU",
    "Product ID": own("sku_id"),
    "Product Code/SKU": own("sku"),
    "Bin Picking Number": own("bin_picking_number"),
    "Cost Price": own("cost_price"),
    "Product Width": own("width"),
    "Product Height": own("height"),
    "Product Depth": own("depth"),
    "Current Stock Level": own("inventory_level"),
    "Low Stock Level": own("inventory_warning_level"),
    "Product UPC/EAN": own("upc"),
    "GPS Global Trade Item Number": own("gtin"),
    "GPS Manufacturer Part Number": own("mpn"),
}


def below(record: Record) -> Iterator[Mapping[str, str]]:
    """SKU rows, rules that set what is a variant's own, and the store's own rules."""
    kinds = {plain(one.id): plain(one.fields.get("type")) for one in _options(record)}
    colours = dict(_swatches(record))
    variants = [
        (one, objects(one.get("option_values")))
        for one in objects(record.fields.get("variants"))
        if objects(one.get("option_values"))
    ]
    for one, chosen in variants:
        name = ",".join(_option(value, kinds, colours) for value in chosen)
        yield {column: cell(one) for column, cell in _SKU.items()} | {"Product Name": name}
    for one, _ in variants:
        if own_rule := _own_rule(one):
            yield own_rule
    names = _modifier_values(record, kinds)
    by_id = {plain(one.get("id")): plain(one.get("sku")) for one, _ in variants}
    for rule in record.companions.get("complex_rules", ()):
        yield _rule(rule.fields, names, by_id)


def _options(record: Record) -> Sequence[Record]:
    return (*record.companions.get("options", ()), *record.companions.get("modifiers", ()))


def _option(
    chosen: Fields, kinds: Mapping[str, str], colours: Mapping[tuple[str, str], str]
) -> str:
    """``[S]Size=Large``, ``[CS]Color=Black:#000000``; no mark where the kind is not known."""
    option = plain(chosen.get("option_id"))
    shown = colours.get((option, plain(chosen.get("id"))), "")
    label = plain(chosen.get("label")) + (f":{shown}" if shown else "")
    return f"{_mark(kinds.get(option, ''))}{plain(chosen.get('option_display_name'))}={label}"


def _mark(word: str) -> str:
    return f"[{_MARKS.get(word, word)}]" if word else ""


def _swatches(record: Record) -> Iterator[tuple[tuple[str, str], str]]:
    """The colours (three at most) or the pattern of each value, by option and value."""
    for option in record.companions.get("options", ()):
        for value in objects(option.fields.get("option_values")):
            data = fields_of(value.get("value_data"))
            shown = joined(data.get("colors"), "|") or plain(data.get("image_url"))
            yield (plain(option.id), plain(value.get("id"))), shown


def _own_rule(variant: Fields) -> Mapping[str, str] | None:
    """What an SKU row of this format has no column for: price, weight, image, not for sale."""
    said = {
        "Price": _set(variant.get("price")),
        "Product Weight": _set(variant.get("weight")),
        "Allow Purchases?": "N" if variant.get("purchasing_disabled") is True else "",
        "Product Image File - 1": plain(variant.get("image_url")),
    }
    if not any(said.values()):
        return None
    ruled = {"Item Type": "  Rule", "Product Code/SKU": plain(variant.get("sku"))}
    sold = {"Allow Purchases?": said["Allow Purchases?"] or "Y", "Product Visible?": "Y"}
    return {**ruled, **said, **sold, "Stop Processing Rules": "N"}


def _set(value: Json) -> str:
    return f"[FIXED]{plain(value)}" if plain(value) else ""


def _modifier_values(record: Record, kinds: Mapping[str, str]) -> Mapping[str, str]:
    """``[RB]Size=9`` for each value of each modifier, by the value's id."""
    return {
        plain(value.get("id")): f"{_mark(kinds.get(plain(one.id), ''))}"
        f"{plain(one.fields.get('display_name'))}={plain(value.get('label'))}"
        for one in record.companions.get("modifiers", ())
        for value in objects(one.fields.get("option_values"))
    }


def _rule(rule: Fields, names: Mapping[str, str], skus: Mapping[str, str]) -> Mapping[str, str]:
    met = objects(rule.get("conditions"))
    values = [plain(one.get("modifier_value_id")) for one in met]
    named = [names.get(value, value) for value in values if value]
    numbers = [plain(one.get("variant_id")) for one in met]
    return {
        "Item Type": "  Rule",
        "Product ID": plain(rule.get("id")),
        "Product Name": ",".join(named),
        "Product Code/SKU": ",".join(skus.get(one, one) for one in numbers if one),
        "Price": _adjusted(fields_of(rule.get("price_adjuster"))),
        "Product Weight": _adjusted(fields_of(rule.get("weight_adjuster"))),
        "Allow Purchases?": "N" if rule.get("purchasing_disabled") is True else "Y",
        "Product Visible?": "N" if rule.get("purchasing_hidden") is True else "Y",
        "Product Image File - 1": plain(rule.get("image_url")),
        "Stop Processing Rules": yes_no(rule.get("stop")),
    }


def _adjusted(adjuster: Fields) -> str:
    """``[ADD]4`` for a relative one; another kind stands as the API names it."""
    value, word = plain(adjuster.get("adjuster_value")), plain(adjuster.get("adjuster"))
    return f"[{'ADD' if word == 'relative' else word.upper()}]{value}" if value else ""
