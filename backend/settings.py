"""The backend's settings."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from services.settings import Port, Seconds, Settings, Url


def _names(text: str) -> tuple[str, ...]:
    """Return comma-separated names; raise ValueError unless they differ and are plain."""
    names = tuple(name.strip() for name in text.split(","))
    plain = all(name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)
    if not plain or len(set(names)) != len(names):
        raise ValueError("must be comma-separated names of different models, such as neuralpoet")
    return names


class BackendSettings(Settings):
    """The backend's configuration."""

    backend_host: str = Field(default="127.0.0.1", description="address to listen on")
    backend_port: Port = Field(default=5000, description="port to listen on; 0 lets the system choose")
    serving_url: Url = Field(default="http://127.0.0.1:8501", description="URL of TF-Serving or the embedded server")
    models: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        default="neuralpoet",
        validate_default=True,
        description="comma-separated names of its models, the default one first",
    )
    max_concurrent: int = Field(
        default=8, ge=1, le=256, description="poems written concurrently; requests beyond it get 503 immediately"
    )
    backend_threads: int | None = Field(default=None, ge=2, le=1024, description="worker threads (MAX_CONCURRENT + 4)")
    serving_connect_timeout: Seconds = Field(default=2.0, description="seconds to connect to the model server")
    serving_read_timeout: Seconds = Field(default=30.0, description="seconds for one reply of the model server")
    poem_timeout: Seconds = Field(default=45.0, description="seconds for all calls of one request")

    @property
    def threads(self) -> int:
        """The worker threads: more than poems, so that refusals and /healthz never wait."""
        return self.backend_threads or self.max_concurrent + 4

    @model_validator(mode="after")
    def _check_threads(self) -> Self:
        if self.threads < self.max_concurrent + 2:  # one queries the status, one serves what needs no TF-Serving
            raise ValueError(f"BACKEND_THREADS must be at least 2 more than MAX_CONCURRENT, {self.max_concurrent}")
        return self
