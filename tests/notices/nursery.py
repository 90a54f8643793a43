"""Start senders one after another: as soon as one is killed, the next one goes on. Prints the pid of each.

Of mails, or with the argument "calls" of what goes through channels.

A process of its own that forks: a sender lives from its first instant on, without a second of imports before.
"""

import os
import sys
import time
from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from django.db import connections
    from django.utils import timezone

    from accounts import notices
    from accounts.models import Delivery, Rulebook
    from accounts.notices import compose, outbox

    send = notices.call if "calls" in sys.argv else notices.deliver

    def send_until_killed() -> None:
        while True:
            # Time runs fast here, so that what was put off comes due again.
            now = timezone.now() + timedelta(seconds=600 * (time.monotonic() - started))
            send(now=now)
            time.sleep(0.005)

    started = time.monotonic()
    # Read templates and rules once, before the first fork.
    compose.letter(outbox.with_circumstances(Delivery.objects.all()[0].pk), Rulebook.objects.all().shelf())
    connections.close_all()
    while True:
        pid = os.fork()
        if pid == 0:
            send_until_killed()
        os.write(1, b"%d\n" % pid)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
