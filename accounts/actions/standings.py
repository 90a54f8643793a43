"""Bring stored standings up to date: one account when its facts change, and whatever time has overtaken."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, OperationalError, transaction

from accounts import notices, rules
from accounts.actions.episodes import Episodes, Escalations, turn_episodes, turn_escalations
from accounts.actions.following import follow, running_plans, turn_plans
from accounts.actions.history import event, write_events
from accounts.models import Account, Episode, Escalation, Event, Payment, Rulebook, Shelf, Standing

log = logging.getLogger(__name__)

BATCH = 1000
LOOK_AGAIN = timedelta(hours=1)
NOTICE_OF = {"top_up": "upgrade_ready", "contact_support": "contact_support"}
SUMMARY = ("code", "tier", "reason", "amount_usd")


def assess(account: Account, lines: Sequence[rules.Line], shelf: Shelf, *, now: datetime) -> rules.Standing:
    """Return an account's standing of this moment, from rows the caller has read. Writes nothing."""
    book = shelf[account.rulebook_id]
    return rules.assess(book, lines, account.seen, now, circumstances_of(account, shelf))


def circumstances_of(account: Account, shelf: Shelf) -> rules.Circumstances:
    """What people said of an account beside its payments, as the rules know it."""
    return rules.Circumstances(
        confirmed=account.confirmed_at,
        room_usd=account.room_usd,
        cap_reached_at=account.cap_reached_at,
        has_newer_edition=shelf.is_followed(shelf[account.rulebook_id]),
    )


def reassess(account: Account, *, now: datetime) -> None:
    """Assess one account whose row the caller has locked in its transaction."""
    failed = settle([account], now=now)
    if failed:
        raise failed[0].error


def reconcile(*, now: datetime) -> int:
    """Assess every account whose stored standing time has overtaken; return how many.

    The cost follows what is due. Several may run at once: rows that another one holds are skipped, and each batch is
    one transaction, so that a crash leaves it to the next run.
    """
    done = 0
    while Account.objects.due(now).exists():
        try:
            count = _reconcile_batch(now, BATCH)
        except OperationalError:
            raise
        except DatabaseError:
            log.exception("A batch failed; taking its accounts one by one.")
            count = _reconcile_each(now)
        if not count:  # everything due is in other hands
            break
        done += count
    return done


def _reconcile_batch(now: datetime, size: int) -> int:
    with transaction.atomic():
        due = Account.objects.due(now).select_related("standing").select_for_update(skip_locked=True, of=("self",))
        accounts = list(due[:size])
        _postpone(settle(accounts, now=now), now=now)
    return len(accounts)


def _reconcile_each(now: datetime) -> int:
    """Isolate the account that spoils a batch: one transaction each; what fails is looked at again later."""
    ids = list(Account.objects.due(now).values_list("id", flat=True)[:BATCH])
    for account_id in ids:
        try:
            with transaction.atomic():
                account = Account.objects.select_related("standing").select_for_update(of=("self",)).get(id=account_id)
                _postpone(settle([account], now=now), now=now)
        except OperationalError:
            raise
        except DatabaseError as error:
            log.exception("Account %s cannot be settled.", account_id)
            Standing.objects.filter(account_id=account_id).update(next_look_at=now + LOOK_AGAIN, error=str(error)[:500])
    return len(ids)


@dataclass(frozen=True, slots=True)
class Failure:
    """An account that the rules could not assess."""

    account: Account
    error: Exception


def _postpone(failures: Sequence[Failure], *, now: datetime) -> None:
    for failure in failures:
        log.error("Account %s cannot be assessed.", failure.account.id, exc_info=failure.error)
        Standing.objects.filter(account=failure.account).update(
            next_look_at=now + LOOK_AGAIN, error=str(failure.error)[:500]
        )


def settle(accounts: Sequence[Account], *, now: datetime) -> list[Failure]:
    """Assess accounts whose rows the caller has locked, and write all that follows, set-wise.

    What follows: the standing, the adopted plans, the episodes and their escalations, the events, and the notices.
    Everything is derived
    from the facts anew, so running it twice changes nothing. Returns the accounts that could not be assessed.
    """
    if not accounts:
        return []
    shelf = Rulebook.objects.of(*{account.provider for account in accounts}).shelf()
    events = _follow_providers(accounts, shelf, now=now)
    lines: dict[Any, list[rules.Line]] = defaultdict(list)
    failures = []
    for account_id, line in Payment.objects.filter(account__in=accounts).in_entry_order().lines():
        lines[account_id].append(line)

    plans = running_plans(accounts)
    standings: dict[Account, rules.Standing] = {}
    followings: dict[Any, rules.Following] = {}
    for account in accounts:
        try:
            standing = assess(account, lines[account.id], shelf, now=now)
            if account.id in plans:
                followings[account.id] = follow(plans[account.id], standing, account)
            standings[account] = standing
        except Exception as error:  # one poisoned row must not stop the others
            failures.append(Failure(account, error))

    for account, standing in standings.items():
        events += _changed_advice(account, standing, now=now)
    events += turn_plans(accounts, plans, followings, now=now)
    episodes = turn_episodes(standings, now=now)
    escalations = turn_escalations(standings, episodes, now=now)
    advised = _advised(standings, episodes, escalations)
    reminders = notices.credit.reminders({account: lines[account.id] for account in standings}, now=now)
    _store(standings, followings, advised, reminders, now=now)
    write_events([*events, *escalations.events])
    notices.raise_notices([*_wanted(standings, advised, now=now), *_of_credit(reminders)], now=now)
    return failures


def _follow_providers(accounts: Sequence[Account], shelf: Shelf, *, now: datetime) -> list[Event]:
    """Move accounts that follow their provider to the edition in force, where it knows their seen tier."""
    moved: dict[str, list[Account]] = defaultdict(list)
    events = []
    for account in accounts:
        book = shelf.in_force(account.provider, now.date()) if account.follows_provider else None
        if book is None or book.id == account.rulebook_id or not book.has_tier(account.seen_tier):
            continue
        events.append(event(account, "edition_changed", at=now, before=account.rulebook_id, after=book.id))
        moved[book.id].append(account)
        account.rulebook_id = book.id
    for book_id, those in moved.items():
        Account.objects.filter(id__in=[account.id for account in those]).update(rulebook_id=book_id)
    return events


def _changed_advice(account: Account, standing: rules.Standing, *, now: datetime) -> list[Event]:
    stored = getattr(account, "standing", None)
    if stored is None:
        return []
    before = {name: stored.document["advice"].get(name) for name in SUMMARY}
    advice = standing.advice.as_json()
    after = {name: advice[name] for name in SUMMARY}
    if before == after:
        return []
    return [event(account, "advice_changed", at=now, before=before, after=after)]


Advised = dict[Account, tuple[Episode, Escalation | None]]


def _advised(standings: dict[Account, rules.Standing], episodes: Episodes, escalations: Escalations) -> Advised:
    """The running episode of each account's advised tier, and its escalation where there is one."""
    found = {}
    for account, standing in standings.items():
        episode = episodes.running.get((account.id, standing.advice.tier.id))
        if episode is not None:
            found[account] = episode, escalations.held.get(episode.pk)
    return found


Reminders = dict[Account, notices.credit.Reminder]


def _next_look(
    account: Account,
    standing: rules.Standing,
    following: rules.Following | None,
    advised: Advised,
    reminders: Reminders,
    *,
    now: datetime,
) -> datetime | None:
    """When time alone changes the standing or the plan, a snooze ends (what it held back may be due then), or credit is
    to be reminded of."""
    if account.is_archived:
        return None
    _episode, escalation = advised.get(account, (None, None))
    wakes_at = escalation.snoozed_until if escalation is not None and escalation.is_snoozed(now) else None
    reminded_at = reminders[account].next_at if account in reminders else None
    looks = (standing.next_change_at, following.next_change_at if following else None, wakes_at, reminded_at)
    # A plan may be left by time alone, without a change of the advice.
    return min((instant for instant in looks if instant is not None), default=None)


def _store(
    standings: dict[Account, rules.Standing],
    followings: dict[Any, rules.Following],
    advised: Advised,
    reminders: Reminders,
    *,
    now: datetime,
) -> None:
    rows = []
    for account, standing in standings.items():
        row = Standing(
            account=account,
            assessed_at=now,
            document=standing.as_json(),
            advice_code=standing.advice.code,
            advice_tier=standing.advice.tier.id,
            eligible_tier=standing.eligible_tier.id if standing.eligible_tier else "",
            next_look_at=_next_look(account, standing, followings.get(account.id), advised, reminders, now=now),
            error="",
        )
        account.standing = row
        rows.append(row)
    Standing.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=[field.name for field in Standing._meta.fields if not field.primary_key],
    )


def _wanted(standings: dict[Account, rules.Standing], advised: Advised, *, now: datetime) -> list[notices.Wanted]:
    """The notices that the advice calls for; raising one that exists already changes nothing.

    While an escalation is hushed nothing new is raised: at the end of a snooze the account is settled again, and what
    still holds then is raised.
    """
    wanted = []
    for account, (episode, escalation) in advised.items():
        standing = standings[account]
        kind = NOTICE_OF.get(standing.advice.code)
        if kind is None or (escalation is not None and escalation.is_hushed(now)):
            continue
        wanted.append(
            notices.Wanted(
                account=account,
                kind=kind,
                rulebook_id=account.rulebook_id,
                tier=standing.advice.tier.id,
                episode=episode,
                sighting=None,
                facts={
                    "account": account.name,
                    "standing": standing.as_json(),
                    "doubts": [doubt.as_json() for doubt in standing.doubts],
                },
            )
        )
    return wanted


def _of_credit(reminders: Reminders) -> list[notices.Wanted]:
    """The reminders of credit that are due. A hushed escalation does not hush them: they are about money, not tiers."""
    return [
        notices.Wanted(
            account=account,
            kind=notices.credit.KIND,
            rulebook_id=account.rulebook_id,
            tier=account.seen_tier,
            episode=None,
            sighting=None,
            facts=notices.credit.facts_of(account, reminder.due),
            expires_on=reminder.due.first_on,
        )
        for account, reminder in reminders.items()
        if reminder.due is not None
    ]
