"""Django's PostgreSQL backend, whose connections do not wait for ever.

`connect_timeout` ends the wait for a new connection only. One that is open already hangs for as long as its server does
(frozen, its disk stuck, its machine gone), and with it every thread of the web server, until no page is left to say so.
The option `patience_seconds` bounds each step on an open connection; None waits for ever.
"""

from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus


class PatientConnection(psycopg.Connection[Any]):
    patience_seconds: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server. Raises OperationalError, and is closed then, when that takes too long."""
        try:
            return super().wait(gen, interval, self.patience_seconds if timeout is None else timeout)
        except psycopg.OperationalError:
            # Still busy: the server has not answered. An answer that came later would be taken for the next question's.
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    Database: Any = SimpleNamespace(**vars(psycopg) | {"connect": PatientConnection.connect})

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        patience_seconds = conn_params.pop("patience_seconds", None)
        connection: PatientConnection = super().get_new_connection(conn_params)
        connection.patience_seconds = patience_seconds
        return connection
