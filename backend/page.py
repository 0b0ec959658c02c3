"""The web page: three static files and robots.txt."""

from flask import Blueprint, Response, current_app

# Each poem costs about a second of CPU time.
ROBOTS = "User-agent: *\nDisallow: /generate\nDisallow: /poems/\n"


def blueprint() -> Blueprint:
    """Return the blueprint of the page's routes."""
    page = Blueprint("page", __name__)
    page.add_url_rule("/", view_func=index)
    page.add_url_rule("/robots.txt", view_func=robots)
    return page


def index() -> Response:
    """Return the page."""
    return current_app.send_static_file("index.html")


def robots() -> Response:
    """Return robots.txt."""
    return Response(ROBOTS, mimetype="text/plain")
