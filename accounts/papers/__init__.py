"""The print shop: papers made of what the rules say, for people outside of tierdash. It writes no row."""

from accounts.gateways.typesetting import CannotTypeset
from accounts.papers.case import Case, case_of
from accounts.papers.pack import IN_MEMORY, Evidence, Pack, Part, ReceiptMissing, Wishes

__all__ = ["IN_MEMORY", "CannotTypeset", "Case", "Evidence", "Pack", "Part", "ReceiptMissing", "Wishes", "case_of"]
