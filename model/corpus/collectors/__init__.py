"""From the web to a collection: one module a site. What is known of the sites is in docs/sites.md."""
