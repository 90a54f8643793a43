"""Bring a workspace back from its document: everything in it, or nothing."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import IO, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import exports
from accounts.actions.filing import claim
from accounts.actions.receipts import Ready
from accounts.actions.refiling import refile
from accounts.actions.returning import Rows, check_waiting, next_keys, restored_people
from accounts.actions.rulebooks import adopt, digest_of
from accounts.actions.standings import settle
from accounts.exports import DocumentError
from accounts.exports import workspace as schema
from accounts.exports.attached import RECEIPT
from accounts.models import (
    Account,
    Delivery,
    Episode,
    Escalation,
    Event,
    Import,
    Membership,
    Notice,
    Payment,
    Plan,
    Receipt,
    Relay,
    RelayEvent,
    Rulebook,
    Sighting,
    User,
    Workspace,
)
from accounts.models.channel import MAIL
from accounts.models.notice import CANCELLED, PENDING
from accounts.models.workspace import OWNER
from accounts.notices.switchboard import REMOVED

log = logging.getLogger(__name__)

BATCH = 1000
Row = dict[str, Any]


def restore_workspace(
    file: IO[bytes],
    *,
    with_people: bool,
    by: User | None,
    now: datetime,
    most_bytes: int | None = schema.MOST_BYTES,
) -> Workspace:
    """Read a workspace's document and store all of it as a workspace of this instance; DocumentError: nothing of it.

    UUIDs stay; serial numbers are given anew, in the same order. `with_people`: the document's members are members
    again, and whoever is not known here is stored without a password; editions that are missing here are adopted. Only
    for who runs the instance. Without it `by` is the only member and everybody else has left. `by`, if given, becomes
    an owner. Every account is assessed at once, as the clock would do it. most_bytes: None for a file of any size.
    """
    if by is None and not with_people:
        raise ValueError("a workspace needs somebody to belong to")
    with exports.Held() as held:
        document = exports.read_workspace(file, held, now=now, most_bytes=most_bytes)
        kept = refile(document, held, now=now)
    try:
        with transaction.atomic():
            workspace = _Restoration(document, kept, with_people=with_people, by=by, now=now).run()
    except IntegrityError as error:  # somebody deleted or stored something that it needs, at the same moment
        log.warning("A workspace could not be restored.", exc_info=error)
        raise DocumentError("", _("Something changed here meanwhile; try again.")) from error
    log.info("Workspace %s was restored by %s.", workspace.pk, by.pk if by else "the operator")
    return workspace


class _Restoration:
    def __init__(
        self, document: Row, kept: Mapping[str, Ready], *, with_people: bool, by: User | None, now: datetime
    ) -> None:
        self._document, self._kept, self._with_people, self._by, self._now = document, kept, with_people, by, now
        self._payments_by_uid: dict[Any, int] = {}

    def run(self) -> Workspace:
        self._restore_rulebooks()
        self._people = restored_people(self._document["people"], with_people=self._with_people, by=self._by)
        workspace = self._restore_home()
        accounts = self._document["accounts"]
        rows = Rows(Account)
        for place, account in enumerate(accounts):
            rows.add(Account(workspace=workspace, **schema.ACCOUNT.columns(account)), f"accounts[{place}]")
        rows.store()
        self._restore_imports(workspace)
        self._each(Payment, "payments", self._payments)
        self._each(Receipt, "payments", self._receipts)
        if claim(self._kept):
            raise DocumentError("files", _("Something changed here meanwhile; try again."))
        self._sightings: dict[tuple[Any, int], int] = {}
        self._each(Sighting, "sightings", self._keep_sightings)
        self._each(Episode, "episodes", self._episodes)
        self._each(Escalation, "episodes", self._escalations)
        self._each(Plan, "plans", self._plans)
        self._each(Event, "events", self._events)
        self._each(Notice, "notices", self._notices)
        self._each(Delivery, "notices", self._deliveries)
        self._restore_relays(workspace)
        self._settle(workspace)
        return workspace

    def _each(self, model: Any, name: str, rows_of: Callable[[Row, str], Iterator[tuple[Any, str]]]) -> None:
        """Store the rows that each account gives, in the order of the document."""
        rows = Rows(model)
        for place, account in enumerate(self._document["accounts"]):
            for row, path in rows_of(account, f"accounts[{place}].{name}"):
                rows.add(row, path)
        rows.store()

    def _restore_rulebooks(self) -> None:
        held = dict(Rulebook.objects.values_list("id", "digest"))
        for place, book in enumerate(self._document["rulebooks"]):
            if digest_of(book["rules"]) != book["digest"]:
                raise DocumentError(f"rulebooks[{place}].digest", _("is not the digest of its document"))
            if held.get(book["id"], book["digest"]) != book["digest"]:
                raise DocumentError(f"rulebooks[{place}].digest", _("this instance knows other rules by this name"))
            if book["id"] in held:
                continue
            if not self._with_people:
                reason = _("this instance does not know these rules yet; ask who runs it to adopt them")
                raise DocumentError(f"rulebooks[{place}].id", reason)
            adopt([book["rules"]], now=book["adopted_at"])

    def _restore_home(self) -> Workspace:
        said = self._document["workspace"]
        if Workspace.objects.filter(pk=said["id"]).exists():
            raise DocumentError("workspace.id", _("This workspace is in this instance already; nothing is replaced."))
        workspace = Workspace.objects.create(**schema.HOME.columns(said))
        rows = Rows(Membership)
        # Members are people with an address; with people, each of those is somebody here.
        members = {self._people.user(member["person"]): member["role"] for member in self._document["members"]}
        roles = {key: role for key, role in members.items() if key is not None and self._with_people}
        if OWNER not in roles.values() and self._by is None:
            raise DocumentError("members", _("must hold an owner"))
        if self._by is not None:
            roles[self._by.pk] = OWNER
        for place, (user_id, role) in enumerate(roles.items()):
            rows.add(Membership(workspace=workspace, user_id=user_id, role=role), f"members[{place}]")
        rows.store()
        return workspace

    def _restore_imports(self, workspace: Workspace) -> None:
        imports = Rows(Import)
        for place, said in enumerate(self._document["imports"]):
            who = self._people.user(said["created_by"])
            more = {name: said[name] for name in ("state", "content", "rows_done", "beaten_at")}
            home = {"workspace": workspace} if said["account"] is None else {}
            held = Import(created_by_id=who, **home, **more, **schema.IMPORT.columns(said))
            check_waiting(held, f"imports[{place}]", now=self._now)
            imports.add(held, f"imports[{place}]")
        imports.store()

    def _payments(self, account: Row, path: str) -> Iterator[tuple[Payment, str]]:
        keys = next_keys(Payment, len(account["payments"]))
        by_uid = {payment["uid"]: key for payment, key in zip(account["payments"], keys, strict=True)}
        self._payments_by_uid |= by_uid
        for place, payment in enumerate(account["payments"]):
            row = Payment(
                pk=by_uid[payment["uid"]],
                account_id=account["id"],
                undoes_id=by_uid[payment["undoes"]] if payment["undoes"] else None,
                recorded_by_id=self._people.user(payment["recorded_by"]),
                **schema.PAYMENT.columns(payment),
            )
            yield row, f"{path}[{place}]"

    def _receipts(self, account: Row, path: str) -> Iterator[tuple[Receipt, str]]:
        """Those whose files came along. What they look like is what was found in the files, not what is said here."""
        for place, payment in enumerate(account["payments"]):
            for number, said in enumerate(payment["receipts"]):
                if said["sha256"] not in self._kept:
                    continue
                found = self._kept[said["sha256"]]
                row = Receipt(
                    payment_id=self._payments_by_uid[payment["uid"]],
                    added_by_id=self._people.user(said["added_by"]),
                    has_thumbnail=found.has_thumbnail,
                    facts=found.facts,
                    **RECEIPT.columns(said),
                )
                yield row, f"{path}[{place}].receipts[{number}]"

    def _keep_sightings(self, account: Row, path: str) -> Iterator[tuple[Sighting, str]]:
        keys = next_keys(Sighting, len(account["sightings"]))
        for place, (sighting, key) in enumerate(zip(account["sightings"], keys, strict=True)):
            self._sightings[account["id"], sighting["number"]] = key
            who = self._people.user(sighting["recorded_by"])
            columns = schema.SIGHTING.columns(sighting)
            yield Sighting(pk=key, account_id=account["id"], recorded_by_id=who, **columns), f"{path}[{place}]"

    def _episodes(self, account: Row, path: str) -> Iterator[tuple[Episode, str]]:
        for place, episode in enumerate(account["episodes"]):
            yield Episode(account_id=account["id"], **schema.EPISODE.columns(episode)), f"{path}[{place}]"

    def _escalations(self, account: Row, path: str) -> Iterator[tuple[Escalation, str]]:
        for place, episode in enumerate(account["episodes"]):
            said = episode["escalation"]
            if said is None:
                continue
            ticks = {
                tick["step"]: {"at": schema.TICK.field("at").kind.write(tick["at"]), "by": self._people.key(tick["by"])}
                for tick in said["ticks"]
            }
            columns = schema.ESCALATION.columns(said)
            yield Escalation(episode_id=episode["id"], ticks=ticks, **columns), f"{path}[{place}].escalation"

    def _plans(self, account: Row, path: str) -> Iterator[tuple[Plan, str]]:
        for place, plan in enumerate(account["plans"]):
            who = self._people.user(plan["adopted_by"])
            row = Plan(account_id=account["id"], adopted_by_id=who, **schema.PLAN.columns(plan))
            yield row, f"{path}[{place}]"

    def _events(self, account: Row, path: str) -> Iterator[tuple[Event, str]]:
        for place, event in enumerate(account["events"]):
            who = self._people.key(event["by"])
            yield Event(account_id=account["id"], by_id=who, **schema.EVENT.columns(event)), f"{path}[{place}]"

    def _notices(self, account: Row, path: str) -> Iterator[tuple[Notice, str]]:
        """Those to people who are here; what others were told has nobody to belong to."""
        for place, notice in enumerate(account["notices"]):
            recipient = self._people.user(notice["recipient"])
            if recipient is None:
                continue
            row = Notice(
                account_id=account["id"],
                recipient_id=recipient,
                sighting_id=self._sightings[account["id"], notice["sighting"]] if notice["sighting"] else None,
                **schema.NOTICE.columns(notice),
            )
            yield row, f"{path}[{place}]"

    def _deliveries(self, account: Row, path: str) -> Iterator[tuple[Delivery, str]]:
        for place, notice in enumerate(account["notices"]):
            recipient = self._people.user(notice["recipient"])
            for number, delivery in enumerate(notice["deliveries"]) if recipient is not None else ():
                row = Delivery(
                    notice_id=notice["id"],
                    status=delivery["status"],
                    doubts=delivery["doubts"],
                    **schema.DELIVERY.columns(delivery),
                )
                if row.channel == MAIL and row.status in (PENDING, CANCELLED):
                    # What may still leave (one that was withdrawn, too) goes where its person gets mail here.
                    row.address = self._people.address(notice["recipient"])
                elif row.channel != MAIL and row.status == PENDING:
                    # The channels of another instance are not here.
                    row.status, row.last_code, row.last_error = CANCELLED, "", REMOVED
                yield row, f"{path}[{place}].deliveries[{number}]"

    def _restore_relays(self, workspace: Workspace) -> None:
        relays, events = Rows(Relay), Rows(RelayEvent)
        for place, said in enumerate(self._document["relays"]):
            here = f"relays[{place}]"
            relays.add(Relay(workspace=workspace, **schema.RELAY.columns(said)), here)
            for number, event in enumerate(said["events"]):
                who = self._people.key(event["by"])
                row = RelayEvent(relay_id=said["id"], by_id=who, **schema.RELAY_EVENT.columns(event))
                events.add(row, f"{here}.events[{number}]")
        relays.store()
        events.store()

    def _settle(self, workspace: Workspace) -> None:
        """Assess every account. The document's own words are checked by now, yet the rules have the last one."""
        held = Account.objects.filter(workspace=workspace).select_related("standing").order_by("id")
        accounts = list(held.select_for_update(of=("self",)))
        places = {account["id"]: place for place, account in enumerate(self._document["accounts"])}
        for start in range(0, len(accounts), BATCH):
            for failure in settle(accounts[start : start + BATCH], now=self._now):
                log.warning("A restored account cannot be assessed.", exc_info=failure.error)
                raise DocumentError(f"accounts[{places[failure.account.pk]}]", _("cannot be judged by its rules"))
