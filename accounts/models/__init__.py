"""The archive: one noun per file, its QuerySet directly above it."""

from accounts.models.account import Account
from accounts.models.channel import Channel
from accounts.models.episode import Episode
from accounts.models.escalation import Escalation
from accounts.models.event import Event
from accounts.models.export import Export, ExportPiece
from accounts.models.feed import Feed
from accounts.models.imports import Import
from accounts.models.job_run import JobRun
from accounts.models.notice import Delivery, Notice
from accounts.models.payment import Payment
from accounts.models.plan import Plan
from accounts.models.receipt import LooseFile, Receipt, kept_rows
from accounts.models.relay import Relay, RelayEvent
from accounts.models.rulebook import Rulebook, Shelf
from accounts.models.sighting import Sighting
from accounts.models.standing import Standing
from accounts.models.token import KeptAnswer, Token
from accounts.models.user import User
from accounts.models.workspace import Membership, Workspace

__all__ = [
    "Account",
    "Channel",
    "Delivery",
    "Episode",
    "Escalation",
    "Event",
    "Export",
    "ExportPiece",
    "Feed",
    "Import",
    "JobRun",
    "KeptAnswer",
    "LooseFile",
    "Membership",
    "Notice",
    "Payment",
    "Plan",
    "Receipt",
    "Relay",
    "RelayEvent",
    "Rulebook",
    "Shelf",
    "Sighting",
    "Standing",
    "Token",
    "User",
    "Workspace",
    "kept_rows",
]
