"""Pages, blog posts, redirects, and what the page builder and the scripts put on them."""

from __future__ import annotations

from mirrord.demo.rows.telling import maybe, millis, moment, trap, uuid
from mirrord.demo.shapes import Record, iso

KINDS = ("page", "raw", "contact_form", "link", "blog")
TARGETS = ("product", "brand", "category", "page", "post")


def make_pages(count: int) -> list[Record]:
    """Web pages of all kinds; some stand below others, so that their order matters."""
    return [_page(n) for n in range(count)]


def _page(n: int) -> Record:
    kind = KINDS[n % len(KINDS)]
    page: Record = {
        "id": 1 + n + n // 9,
        "channel_id": 1,
        "name": ("About us, in short", "Versand & Kosten", "連絡先")[n % 3] + f" {n}",
        "is_visible": n % 4 != 3,
        "parent_id": 1 if n % 7 == 6 else 0,
        "sort_order": n % 5,
        "type": kind,
        "is_homepage": False,
        "is_customers_only": n % 6 == 5,
        "url": f"/page-{n}/",
    }
    if kind == "link":
        return page | {"link": f"https://example.com/?a={n}&b=%20"}
    page |= {"search_keywords": maybe(n, "shipping, returns"), "body": f"<p>{trap(n)}</p>\r\n"}
    if kind == "raw":
        return page | {"content_type": "text/html"}
    page |= {
        "meta_title": maybe(n, "About"),
        "meta_keywords": maybe(n + 1, "about, us"),
        "meta_description": maybe(n + 2, trap(n)),
    }
    if kind == "contact_form":
        page |= {"email": "shop@example.com", "contact_fields": "fullname,phone,orderno"}
    return page


def make_posts(count: int) -> list[Record]:
    """Blog posts, newest first, as the blog lists them; the date is an object."""
    return [_post(n, count) for n in range(count)]


def _post(n: int, count: int) -> Record:
    when = moment(n)
    return {
        "id": 2 + count - n,
        "title": f"Post {count - n}: {trap(n)}",
        "url": f"/blog/post-{count - n}/",
        "preview_url": f"/blog/post-{count - n}/",
        "body": f"<p>{trap(n + 3)}</p>\n<p>Soufflé, <em>marzipan</em> & more</p>",
        "tags": ["sugar", "spice, hot", "nice"][: n % 4],
        "summary": trap(n),
        "is_published": n % 3 != 2,
        "published_date": {
            "date": f"{when:%Y-%m-%d %H:%M:%S}.000000",
            "timezone_type": 1,
            "timezone": "+00:00",
        },
        "published_date_iso8601": f"{when:%Y-%m-%dT%H:%M:%S}+0000",
        "meta_description": maybe(n, "A post"),
        "meta_keywords": maybe(n + 1, "sugar,spice"),
        "author": maybe(n + 2, "Zoë"),
        "thumbnail_path": "" if n % 2 else "blog/cake.jpg",
    }


def make_redirects(count: int) -> list[Record]:
    """Redirects to records and to plain addresses."""
    return [
        {
            "id": 12 + n + n // 6,
            "site_id": 1000,
            "from_path": f"/old/{n:04d}-śćieżka?x=1&y={n}",
            "to": {"type": "url", "url": f"/new/{n}/"}
            if n % 3 == 0
            else {"type": TARGETS[n % 5], "entity_id": 77 + n},
            "to_url": f"https://sample-store.example.com/new/{n}/",
        }
        for n in range(count)
    ]


def make_templates(count: int) -> list[Record]:
    """Templates of widgets; most belong to BigCommerce, few are the shop's own."""
    return [
        {
            "uuid": uuid(1, n * 7919 % 10_007),
            "name": ("Header Images", "Simple List", "Größe & Form")[n % 3],
            "kind": "custom" if n % 2 else "predefined",
            "schema": [],
            "template": "{{#each images}}\n<img src='{{image_source}}'/>\n{{/each}}",
            "storefront_api_query": "",
            "date_created": millis(n + 400),
            "date_modified": millis(n),
            "current_version_uuid": uuid(2, n),
            "icon_name": "default",
            "channel_id": 1,
            "template_engine": "handlebars_v3",
            "client_rerender": False,
        }
        for n in range(count)
    ]


def make_widgets(templates: list[Record], count: int) -> list[Record]:
    """Widgets, each with its whole template inside, as the store gives them."""
    return [
        {
            "uuid": uuid(3, n * 7919 % 10_007),
            "name": f"Widget {n}, {trap(n)}",
            "description": "" if n % 2 else trap(n + 1),
            "widget_configuration": {
                "_": {"id": uuid(3, n * 7919 % 10_007)},
                "images": [{"image_source": f"https://example.com/{n}.jpg?c=2"}],
                "depth": {"10": 1.50, "2": None, "a": ["=1+1", "ü"]},
            },
            "widget_template": templates[n % len(templates)],
            "storefront_api_query_params": {},
            "date_created": millis(n + 300),
            "date_modified": millis(n),
            "version_uuid": uuid(2, n % len(templates)),
            "channel_id": 1,
        }
        for n in range(count if templates else 0)
    ]


def make_placements(widgets: list[Record], count: int) -> list[Record]:
    """Where widgets stand on the pages; each brings its whole widget."""
    return [
        {
            "uuid": uuid(4, n * 7919 % 10_007),
            "template_file": ("pages/home", "pages/category", "pages/product")[n % 3],
            "entity_id": "" if n % 3 == 0 else f"{n:03d}",
            "sort_order": n % 4,
            "region": "header_bottom--global" if n % 2 else "category_below_header",
            "status": ("active", "inactive")[n % 2],
            "date_created": millis(n + 200),
            "date_modified": millis(n),
            "channel_id": 1,
            "widget": widgets[n % len(widgets)],
        }
        for n in range(count if widgets else 0)
    ]


def make_scripts(count: int) -> list[Record]:
    """Scripts in the head or foot of the shop's pages, by address or as text."""
    return [_script(n) for n in range(count)]


def _script(n: int) -> Record:
    by_address = n % 2 == 0
    return {
        "uuid": uuid(5, n * 7919 % 10_007),
        "name": f"Script {n}",
        "description": trap(n),
        "html": "" if by_address else "<script>\nalert('é, \"quoted\"');\n</script>",
        "src": f"https://example.com/js/{n}.js" if by_address else "",
        "auto_uninstall": n % 3 == 0,
        "load_method": ("default", "async", "defer")[n % 3],
        "location": ("head", "footer")[n % 2],
        "visibility": ("storefront", "all_pages", "checkout", "order_confirmation")[n % 4],
        "kind": "src" if by_address else "script_tag",
        "api_client_id": "",
        "consent_category": ("essential", "functional", "analytics", "targeting")[n % 4],
        "enabled": n % 5 != 4,
        "channel_id": 1,
        "integrity_hashes": ["sha384-DgtwqxoPLKnJSER+TUmSPIpE6ZbVb2ZZwR241HHiqJipLiZQPN"]
        if by_address
        else [],
        "date_created": iso(moment(n + 200)),
        "date_modified": iso(moment(n)),
    }


def make_custom_templates(count: int) -> list[Record]:
    """Which records have a template of their own; the file may be gone from the theme."""
    return [
        {
            "id": 5 + n + n // 4,
            "channel_id": 1,
            "entity_type": ("product", "category", "brand", "page")[n % 4],
            "entity_id": 77 + n,
            "file_name": f"custom-{n:02d}.html",
            "is_valid": n % 3 != 1,
            "date_created": iso(moment(n + 300)),
            "date_modified": iso(moment(n)),
        }
        for n in range(count)
    ]
