"""A sample BigCommerce store on loopback: WebDAV with Digest and the REST API, fixed by a seed."""
