"""The service that writes poems: a small HTTP API and a page over TF-Serving's REST API."""
