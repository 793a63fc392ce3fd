"""Config → pipeline: the shape of the configuration (``shape``), and the only wiring (``wiring``)."""

from logmedic.build.shape import (
    Config,
    Loaded,
    RepositoryConfig,
    SourceConfig,
    StoreConfig,
    load_config,
    require_sources,
)
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
    take_up,
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
    "require_sources",
    "runtime",
    "single_instance",
    "system_clock",
    "take_up",
]
