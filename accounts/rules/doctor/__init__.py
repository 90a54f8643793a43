"""The error doctor: what a pasted error, or the headers of an answer, says of an account. Pure, as all rules.

`scrub` goes first: nothing behind it ever sees a secret.
"""

from accounts.rules.doctor.diagnosis import MOST_CHARACTERS, STEPS, Diagnosis, Evidence, TooLong, diagnose
from accounts.rules.doctor.limits import SeenLimit
from accounts.rules.doctor.scrub import MARK, scrub
from accounts.rules.doctor.signals import GATES, Signal
from accounts.rules.doctor.table import SIGNALS
from accounts.rules.doctor.tiers import Fit, Inference

__all__ = [
    "GATES",
    "MARK",
    "MOST_CHARACTERS",
    "SIGNALS",
    "STEPS",
    "Diagnosis",
    "Evidence",
    "Fit",
    "Inference",
    "SeenLimit",
    "Signal",
    "TooLong",
    "diagnose",
    "scrub",
]
