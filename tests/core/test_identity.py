"""Who a store is, and what proves that it is another one."""

import pytest

from mirrord.core.identity import Identity, contradictions, hash_of_host

FIRST = Identity("store-abc123.mybigcommerce.com", "abc123", "abc123", "acme.example")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("store-abc123.mybigcommerce.com", "abc123"),
        ("STORE-ABC123.MyBigCommerce.com.", "abc123"),
        ("store-abc123-4.mybigcommerce.com", "abc123"),
        ("www.acme.example", None),
        ("store-abc123.mybigcommerce.com.evil.example", None),
        ("store-.mybigcommerce.com", None),
    ],
)
def test_a_permanent_host_names_its_store_and_an_own_domain_does_not(
    host: str, expected: str | None
) -> None:
    """The storefronts of one store share its hash."""
    assert hash_of_host(host) == expected


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (FIRST, []),
        (Identity("store-abc123.mybigcommerce.com"), []),
        (Identity(store_hash="abc123", id="abc123", domain="new.example"), []),
        (Identity(store_hash="abc123", domain="new.example"), ["domain"]),
        (Identity(store_hash="zzz"), ["store_hash"]),
        (Identity(id="zzz"), ["id"]),
        (Identity("www.other.example"), ["webdav_host"]),
    ],
)
def test_only_facts_that_both_have_can_contradict(now: Identity, names: list[str]) -> None:
    """A shop may move to another domain as long as its id is the same."""
    assert [name for name, _, _ in contradictions(FIRST, now)] == names


def test_what_is_learned_later_is_added_and_newer_facts_win() -> None:
    """A scope that was granted later brings the id."""
    told = Identity(store_hash="abc123", domain="new.example", secure_url="https://new.example")
    assert FIRST.joined(told) == Identity(
        "store-abc123.mybigcommerce.com", "abc123", "abc123", "new.example", "https://new.example"
    )


def test_a_damaged_record_is_no_identity() -> None:
    """Neither numbers nor lists nor endless texts are facts."""
    for facts in ({"id": 3}, {"id": ["x"]}, {"domain": "x" * 501}):
        with pytest.raises(ValueError, match="short text"):
            Identity.of_facts(facts)
