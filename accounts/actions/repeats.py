"""Let a write that carries a key be repeated: the first answer is kept, and the same request gets it again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import KeptAnswer, Token

KEEP_ANSWERS = timedelta(hours=24)


class KeyUsedBefore(ValueError):
    """The key came with another request within KEEP_ANSWERS."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write said: the status of HTTP and the body. `is_repeated`: it was kept from the first time."""

    status: int
    body: str
    is_repeated: bool = False


@transaction.atomic
def answer_once(token: Token, *, key: str, fingerprint: str, work: Callable[[], Answer], now: datetime) -> Answer:
    """Do a write unless the key has had its answer; KeyUsedBefore when the key came with another request.

    The key's row, the work and the answer are one transaction. Who comes with the same key meanwhile waits at the row
    for its end: for the answer, or, when the work failed and left nothing, for its own turn.
    """
    KeptAnswer.objects.filter(token=token, key=key, created_at__lte=now - KEEP_ANSWERS).delete()
    if not _claim(token, key, fingerprint, now):
        kept = KeptAnswer.objects.get(token=token, key=key)
        if kept.fingerprint != fingerprint:
            raise KeyUsedBefore(key)
        return Answer(kept.status, kept.body, is_repeated=True)
    answer = work()
    KeptAnswer.objects.filter(token=token, key=key).update(status=answer.status, body=answer.body)
    return answer


def _claim(token: Token, key: str, fingerprint: str, now: datetime) -> bool:
    """Insert the key's row; False when it is there already."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_keptanswer (token_id, key, fingerprint, status, body, created_at)
            VALUES (%s, %s, %s, 0, '', %s) ON CONFLICT (token_id, key) DO NOTHING
            """,
            [token.pk, key, fingerprint, now],
        )
        return bool(cursor.rowcount)


def forget_answers(*, now: datetime) -> int:
    """Delete the answers that nobody may ask for any more; return how many."""
    count, _ = KeptAnswer.objects.filter(created_at__lte=now - KEEP_ANSWERS).delete()
    return count
