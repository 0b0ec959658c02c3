"""From the web to a collection: one module per site. What is known about the sites is in docs/sites.md."""
