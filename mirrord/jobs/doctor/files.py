"""Whether the store's files can be read: the way to its WebDAV, the login, the folders."""

from collections.abc import Iterator

from mirrord.config import Webdav
from mirrord.core.entry import Entry, Kind
from mirrord.errors import StoreRefused
from mirrord.jobs.doctor.check import Check, Step, chain, fail, ok, warn
from mirrord.jobs.doctor.way import way
from mirrord.source.asker import challenge, top_listing
from mirrord.source.reach import Place

#: What BigCommerce is known to serve at the top; at least one of them should be there.
_KNOWN_TOPS = frozenset(
    {"content", "product_images", "product_downloads", "import_files", "exports", "template"}
)


def check_files(dav: Webdav) -> Iterator[Check]:
    """From the name of the host to the folders at the top."""
    steps: list[Step] = [
        *way("webdav", Place.of(dav.url, _ca(dav))),
        ("webdav login scheme", lambda: _scheme(dav)),
        ("webdav login", lambda: _login(dav)),
    ]
    yield from chain(steps)


def _scheme(dav: Webdav) -> Check:
    name = "webdav login scheme"
    asked = challenge(dav.url, _ca(dav))
    if asked.status == 207:
        return warn(name, "the server asks for no login at all", "see who can reach it")
    if asked.status != 401:
        return fail(
            name,
            f"the URL was answered {asked.status} where WebDAV asks for a login (401)",
            "copy the URL from Settings > Advanced > File access (WebDAV); it ends in /dav",
            5,
        )
    if dav.login in asked.schemes:
        return ok(name, f"{dav.login.title()}, as configured")
    offered = ", ".join(scheme.title() for scheme in asked.schemes) or "no scheme that we know"
    return fail(
        name,
        f"offered is {offered}, configured is {dav.login.title()}",
        "set `login:` below webdav to what is offered, or check the URL",
        5,
    )


def _login(dav: Webdav) -> Check:
    """The login and the folders by one request: more tries would lock the account."""
    name = "webdav login"
    try:
        found = top_listing(dav.url, dav.username, dav.password.read(), dav.login, _ca(dav))
    except StoreRefused as error:
        return fail(
            name,
            str(error),
            "copy username and password anew from the user's page in Settings > Users, and see"
            " that Enable WebDAV is ticked",
            5,
        )
    folders = sorted(
        one.path for one in found if isinstance(one, Entry) and one.kind is Kind.FOLDER
    )
    words = ", ".join(folders[:10]) + (" and more" if len(folders) > 10 else "")
    if not folders:
        return warn(name, "accepted, and the store shows no folder", "see the store's own files")
    if not _KNOWN_TOPS & set(folders):
        return warn(
            name,
            f"accepted; folders: {words}: none that BigCommerce has",
            "check that the URL ends in /dav and nothing below it",
        )
    return ok(name, f"accepted; folders: {words}")


def _ca(dav: Webdav) -> str | None:
    return str(dav.ca) if dav.ca else None
