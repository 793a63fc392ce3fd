"""Config → pipeline: the shape of the configuration (``shape``), and the only wiring (``wiring``)."""

from logmedic.build.shape import Config, Loaded, RepositoryConfig, SourceConfig, StoreConfig, load_config
from logmedic.build.wiring import (
    ancestry,
    anchored,
    digester,
    grouper,
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
    "ancestry",
    "anchored",
    "digester",
    "grouper",
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
