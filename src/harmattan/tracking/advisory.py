"""A lock that all writers of a PostgreSQL database share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 120
NUMBER = int.from_bytes(b"harmatta")
"""By which the database knows the lock; MLflow and its migrations use none."""

SETTINGS = (
    f"SET lock_timeout = '{PATIENCE}s'",
    # The lock of a machine that has vanished from the network is given back after two minutes, not two hours.
    "SET tcp_keepalives_idle = 60",
    "SET tcp_keepalives_interval = 15",
    "SET tcp_keepalives_count = 4",
)


@contextmanager
def holding(address: str) -> Iterator[None]:
    """Hold the lock of a database, waiting for another process that holds it.

    It belongs to a connection of its own, so the database gives it back when the process ends or is killed.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database is not reached, which is said at once, or the lock is not given within `PATIENCE` seconds.
    """
    from sqlalchemy import NullPool, create_engine

    engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for each in SETTINGS:
            connection.exec_driver_sql(each)
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({NUMBER})")
        yield
