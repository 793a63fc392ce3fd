"""Config → pipeline: the shape of the configuration (``shape``), and the only wiring (``wiring``)."""

from logmedic.build.shape import Config, Loaded, RepositoryConfig, SourceConfig, StoreConfig, load_config
from logmedic.build.wiring import (
    anchored,
    digester,
    make_source,
    nothing_new,
    open_store,
    rehearsal,
    repository,
    runtime,
    single_instance,
    system_clock,
)

__all__ = [
    "Config",
    "Loaded",
    "RepositoryConfig",
    "SourceConfig",
    "StoreConfig",
    "anchored",
    "digester",
    "load_config",
    "make_source",
    "nothing_new",
    "open_store",
    "rehearsal",
    "repository",
    "runtime",
    "single_instance",
    "system_clock",
]
