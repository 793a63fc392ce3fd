"""Config → pipeline: the shape of the configuration (``shape``), and the only wiring (``wiring``)."""

from logmedic.build.cleaning import Redacted, redactor
from logmedic.build.keeping import retention
from logmedic.build.looking import Lookup
from logmedic.build.shape import (
    LEAST_DAYS,
    Config,
    Loaded,
    RepositoryConfig,
    SourceConfig,
    StoreConfig,
    load_config,
    require_sources,
)
from logmedic.build.sourcing import anchored, files_of, make_source
from logmedic.build.tailing import Tail
from logmedic.build.wiring import (
    ancestry,
    digester,
    forget_old,
    grouper,
    nothing_new,
    open_store,
    rehearsal,
    release,
    repository,
    runtime,
    single_instance,
    system_clock,
    take_up,
)

__all__ = [
    "LEAST_DAYS",
    "Config",
    "Loaded",
    "Lookup",
    "Redacted",
    "RepositoryConfig",
    "SourceConfig",
    "StoreConfig",
    "Tail",
    "ancestry",
    "anchored",
    "digester",
    "files_of",
    "forget_old",
    "grouper",
    "load_config",
    "make_source",
    "nothing_new",
    "open_store",
    "redactor",
    "rehearsal",
    "release",
    "repository",
    "require_sources",
    "retention",
    "runtime",
    "single_instance",
    "system_clock",
    "take_up",
]
