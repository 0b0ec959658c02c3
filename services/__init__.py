"""What the services share: settings from the environment, and an HTTP server that drains."""
