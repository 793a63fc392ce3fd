"""One state and another: what must hold while the one is copied into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from logmedic.build.shape import Loaded
from logmedic.errors import StoreError, UsageError
from logmedic.store import copying
from logmedic.store.copying import Copied
from logmedic.store.database import open_database
from logmedic.store.leases import living
from logmedic.store.lock import InstanceLock, sqlite_path

Copy = Callable[[Callable[[Copied], None]], list[Copied]]


@contextmanager
def moving(loaded: Loaded, url: str, cwd: Path) -> Iterator[Copy]:
    """What copies the configured state to ``url``, with both to itself.

    Raises:
        UsageError: both are the same.
        AlreadyRunningError: another process works on one of them.
        StoreError: there is nothing to copy, the target is not empty, or a database refuses.
    """
    path = sqlite_path(url)
    target_url = url if path is None else f"sqlite:///{(cwd / path).absolute()}"
    if target_url == loaded.store_url:
        raise UsageError(f"{url}: is what [store] url names already; name an empty database")
    source = sqlite_path(loaded.store_url)
    if source is not None and not source.exists():
        raise StoreError(f"{source}: there is no state to move")
    with ExitStack() as stack:
        for state in (source, sqlite_path(target_url)):
            if state is not None:
                lock = InstanceLock(state)
                lock.acquire()
                stack.callback(lock.release)
        from_ = open_database(loaded.store_url)
        stack.callback(from_.dispose)
        to = open_database(target_url)
        stack.callback(to.dispose)
        for database in (from_, to):
            if workers := living(database):
                named = database.url.render_as_string()
                raise StoreError(f"{named}: other processes work on it ({', '.join(workers)}); stop them first")
        if tables := copying.filled(to):
            named = to.url.render_as_string()
            raise StoreError(f"{named}: is not empty ({', '.join(tables)}); name an empty database")
        yield lambda progress: copying.copy(from_, to, progress)
