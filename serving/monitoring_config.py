"""The path of the metrics, from `--monitoring_config_file`."""

from serving.flags import ServingSettings

_PATH = "/monitoring/prometheus/metrics"


def read_metrics_path(settings: ServingSettings) -> str | None:
    """Return the path of the metrics, None if they are off; raise ServingError for an invalid file."""
    file = settings.monitoring_config_file
    if file is None:
        return None
    # Imported here, so that a server without this file does not need the package.
    from serving import text_proto

    prometheus = text_proto.read(file, text_proto.monitoring_config()).prometheus_config
    if prometheus.path and not prometheus.path.startswith("/"):
        raise text_proto.refusal(file, f"path must begin with '/'; was '{prometheus.path}'")
    return (prometheus.path or _PATH) if prometheus.enable else None
