"""What the API gives of the storefront and of the store's own settings."""

from __future__ import annotations

from mirrord.core.coverage import Back
from mirrord.core.coverage.rows import NEW_ID, OWN, kept, not_kept

CONTENT = (
    kept(
        "pages",
        "v3/content/pages",
        "pages",
        Back.PART,
        "a page of the kind blog can not be made; parents first",
    ),
    not_kept("pages by the old path", "v2/pages", "deprecated; the same pages are kept by v3"),
    kept("blog posts", "v2/blog/posts v2/blog/tags", "blog_posts", Back.YES, NEW_ID),
    kept("301 redirects", "v3/storefront/redirects", "redirects", Back.YES),
    not_kept(
        "redirects by the old path and by file",
        "v2/redirects v3/storefront/redirects/imex/*",
        "the same redirects are kept by their list",
    ),
    kept(
        "page builder: widgets, templates, placements",
        "v3/content/widgets v3/content/widget-templates v3/content/placements",
        "widgets widget_templates placements",
        Back.PART,
        "what names another (template, product, page) must be given its new id",
    ),
    not_kept(
        "regions and page snapshots",
        "v3/content/regions v3/content/page-widgets",
        "asked by the theme's file; made of the theme and of the placements",
    ),
    kept(
        "custom template associations",
        "v3/storefront/custom-template-associations",
        "custom_templates",
        Back.PART,
        "which page uses which template: the theme must have that template again",
    ),
    kept("scripts", "v3/content/scripts", "scripts", Back.PART, OWN),
    kept(
        "themes and their settings",
        "v3/themes v3/themes/{}/configurations v3/themes/jobs v3/channels/{}/active-theme",
        "themes/",
        Back.PART,
        "a zip is uploaded as a new theme; it is made active in the control panel",
    ),
    not_kept(
        "custom templates of a theme",
        "v3/themes/custom-templates",
        "names of files that are in the theme's zip",
    ),
)

STORE = (
    kept(
        "channels, listings, menus",
        "v3/channels v3/channels/{}/listings v3/channels/{}/channel-menus",
        "channels channel_listings menus",
        Back.PART,
        "a deleted channel can not be revived",
    ),
    kept(
        "channel metafields",
        "v3/channels/metafields v3/channels/{}/metafields",
        "channel_metafields",
        Back.PART,
        OWN,
    ),
    kept(
        "currencies of channels",
        "v3/channels/currency-assignments v3/channels/{}/currency-assignments",
        "channel_currencies",
        Back.YES,
    ),
    kept(
        "sites and their routes",
        "v3/sites v3/sites/{}/routes v3/channels/{}/site",
        "sites site_routes",
        Back.PART,
        "the domain must point to the shop again",
    ),
    not_kept(
        "certificates of sites",
        "v3/sites/{}/certificate v3/sites/certificates",
        "made anew by the store for its domain; the key is never given",
    ),
    kept("currencies", "v2/currencies", "currencies", Back.YES, NEW_ID),
    kept(
        "tax classes, rates, zones, properties",
        "v2/tax_classes v3/tax/rates v3/tax/zones v3/tax/properties",
        "tax_classes tax_rates tax_zones tax_properties",
        Back.YES,
        NEW_ID,
    ),
    not_kept(
        "connection to a tax provider",
        "v3/tax/providers/{}/connection",
        "says only whether one is connected; its password is never given",
    ),
    kept(
        "shipping zones and methods",
        "v2/shipping/zones v2/shipping/zones/{}/methods",
        "shipping_zones shipping_methods",
        Back.PART,
        "a carrier's login is never given and must be entered again",
    ),
    kept(
        "settings of the store",
        "v3/settings/analytics v3/settings/catalog v3/settings/email-statuses "
        "v3/settings/inventory v3/settings/inventory/notifications v3/settings/logo "
        "v3/settings/search/filters v3/settings/store/locale v3/settings/store/profile "
        "v3/settings/store/units-of-measurement v3/settings/storefront/category "
        "v3/settings/storefront/product v3/settings/storefront/robotstxt "
        "v3/settings/storefront/search v3/settings/storefront/security "
        "v3/settings/storefront/seo v3/settings/storefront/status "
        "v2/store v3/tax/settings v3/orders/settings v3/carts/settings "
        "v3/checkouts/settings v3/customers/settings v3/abandoned-carts/settings "
        "v3/promotions/settings v3/shipping/settings v3/marketing/abandoned-cart-emails/settings",
        "settings",
        Back.PART,
        "plan, owner and domain are the account's own",
    ),
    not_kept(
        "settings of single channels",
        "v3/orders/settings/channels v3/carts/settings/channels v3/checkouts/settings/channels "
        "v3/customers/settings/channels v3/abandoned-carts/settings/channels "
        "v3/shipping/settings/channels",
        "one request for each channel; the store's own are kept",
    ),
    not_kept(
        "search filters of single categories",
        "v3/settings/search/filters/available v3/settings/search/filters/contexts",
        "one request for each category; those of the whole store are kept",
    ),
    kept("store metafields", "v3/store/metafields", "store_metafields", Back.PART, OWN),
    kept(
        "webhooks",
        "v3/hooks",
        "webhooks",
        Back.PART,
        "only those of the token's own API account are given; the app that made one renews it",
    ),
    not_kept("webhooks' alarm address", "v3/hooks/admin", "a setting of the API account"),
    kept("store log", "v3/store/systemlogs", "system_logs", Back.NO, "a record of what was"),
    not_kept("time of the store's clock", "v2/time", "asked only to compare the clocks"),
    not_kept(
        "countries and states",
        "v2/countries v2/countries/{}/states v2/countries/states",
        "BigCommerce's own lists, the same for every shop",
    ),
)
