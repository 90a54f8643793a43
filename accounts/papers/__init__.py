"""The print shop: papers made of what the rules say, for people outside of tierdash. It writes no row."""

from accounts.gateways.typesetting import CannotTypeset
from accounts.papers.case import Case, case_of
from accounts.papers.pack import Evidence, Pack, Part, Wishes

__all__ = ["CannotTypeset", "Case", "Evidence", "Pack", "Part", "Wishes", "case_of"]
