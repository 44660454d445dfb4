"""mirrord: the merchant's half of a BigCommerce shop's backup."""

__version__ = "0.1.0"
