"""A sample store on loopback, for ``mirrord demo`` and the tests.

The only stand-in for BigCommerce: a tree of files by WebDAV and its records by the REST API, both
generated from a seed. It stands apart and must never import anything of the product.
"""
