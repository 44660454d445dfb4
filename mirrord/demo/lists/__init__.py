"""Every list of the sample store that is answered by a row of a table.

A row says where a list stands, who may read it, how it is cut into pages and which parameters it
understands. Adding a list is adding a row here and its records in :mod:`mirrord.demo.rows`.
"""

from __future__ import annotations

from mirrord.demo.lists import catalogue, content, marketing, orders, people, places, settings
from mirrord.demo.lists.listing import Count, Listing, Single

LISTS: tuple[Listing | Count | Single, ...] = (
    *catalogue.LISTS,
    *people.LISTS,
    *orders.LISTS,
    *marketing.LISTS,
    *content.LISTS,
    *places.LISTS,
    *settings.LISTS,
)
