"""The poem service: a small HTTP API and a web page on top of TF-Serving's REST API."""
