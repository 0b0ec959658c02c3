"""Where Prometheus finds the metrics, as `--monitoring_config_file` says."""

from serving.flags import ServingSettings

_PATH = "/monitoring/prometheus/metrics"


def read_metrics_path(settings: ServingSettings) -> str | None:
    """Return the path of the metrics, None where they are not shown; raise ServingError for a file that is broken."""
    file = settings.monitoring_config_file
    if file is None:
        return None
    # Only here, so that a server without this file does without the package.
    from serving import text_proto

    prometheus = text_proto.read(file, text_proto.monitoring_config()).prometheus_config
    if prometheus.path and not prometheus.path.startswith("/"):
        raise text_proto.refusal(file, f"path must begin with '/'; was '{prometheus.path}'")
    return (prometheus.path or _PATH) if prometheus.enable else None
