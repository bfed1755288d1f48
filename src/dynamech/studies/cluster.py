"""Instances answered by the workers of a Dask cluster, which have the package too.

What a worker that died was answering is given to another one; an instance under which several die is given up
by the scheduler, and the sweep stops there.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from ..solvers.errors import InvalidInput, NotInstalled
from ..solvers.numerals import one_line, shown

PATIENCE = 10
"""Seconds in which a scheduler has to answer."""


def check_dask() -> None:
    """Raise `NotInstalled` without dask.distributed."""
    if importlib.util.find_spec("distributed") is None:
        raise NotInstalled('sweeps on a cluster need dask.distributed: pip install "dynamech[dask]"')


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """What submits to the scheduler at this address, such as ``tcp://10.0.0.1:8786``.

    Raises `NotInstalled`, and `InvalidInput` where no scheduler answers.
    """
    check_dask()
    from distributed import Client
    from distributed.comm.addressing import get_address_host_port

    try:
        # A client that finds nobody goes on looking for a while when it is thrown away: knock first.
        socket.create_connection(get_address_host_port(address), timeout=PATIENCE).close()
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(one_line(f"dask: no scheduler answers at {shown(address)} ({why})")) from None
    with client:
        executor = client.get_executor(pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)
