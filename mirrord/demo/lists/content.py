"""The lists of content: pages, blog, redirects, widgets, scripts."""

from __future__ import annotations

from mirrord.demo.lists.listing import Count, Listing, Paging, Single
from mirrord.demo.paging import Sorting
from mirrord.demo.scopes import CONTENT, THEMES

LISTS: tuple[Listing | Single | Count, ...] = (
    Listing(
        "pages",
        "/v3/content/pages",
        CONTENT,
        filters=("id:in", "channel_id", "name", "name:like"),
        hidden={"body": "body"},
    ),
    Listing(
        "blog_posts",
        "/v2/blog/posts",
        CONTENT,
        Paging.V2,
        filters=("is_published", "url", "tag=tags"),
        order=Sorting("published_date_iso8601", descending=True),
    ),
    Count("blog_posts", "/v2/blog/posts/count", CONTENT),
    Listing(
        "redirects",
        "/v3/storefront/redirects",
        CONTENT,
        filters=("id:in", "id:min", "id:max", "site_id"),
        sorts=("from_path", "site_id", "id"),
        directed=True,
        hidden={"to_url": "to_url"},
    ),
    Listing(
        "widgets",
        "/v3/content/widgets",
        CONTENT,
        filters=(
            "name",
            "name:in",
            "channel_id:in",
            "widget_template_kind=widget_template.kind",
            "widget_template_uuid=widget_template.uuid",
        ),
        key="uuid",
    ),
    Listing(
        "widget_templates",
        "/v3/content/widget-templates",
        CONTENT,
        filters=("channel_id:in", "widget_template_kind=kind"),
        key="uuid",
    ),
    Listing(
        "placements",
        "/v3/content/placements",
        CONTENT,
        filters=("channel_id:in", "template_file", "widget_uuid=widget.uuid"),
        key="uuid",
    ),
    Listing(
        "scripts",
        "/v3/content/scripts",
        CONTENT,
        filters=("channel_id:in",),
        sorts=("name", "description", "date_created", "date_modified"),
        directed=True,
        key="uuid",
    ),
    Listing(
        "custom_templates",
        "/v3/storefront/custom-template-associations",
        THEMES,
        filters=("channel_id", "entity_id:in", "type=entity_type", "is_valid"),
    ),
)
