"""The page: three static files, and a word to robots."""

from flask import Blueprint, Response, current_app

# Each poem costs a second of somebody's processor.
ROBOTS = "User-agent: *\nDisallow: /generate\nDisallow: /poems/\n"


def blueprint() -> Blueprint:
    """Return the page's addresses."""
    page = Blueprint("page", __name__)
    page.add_url_rule("/", view_func=index)
    page.add_url_rule("/robots.txt", view_func=robots)
    return page


def index() -> Response:
    """Answer the page."""
    return current_app.send_static_file("index.html")


def robots() -> Response:
    """Answer robots.txt."""
    return Response(ROBOTS, mimetype="text/plain")
