"""The forms of payments: one line of money alone, and a whole payment."""

from accounts.forms.payments.lines import LineForm, words_of
from accounts.forms.payments.payment import PaymentForm, refund_of

__all__ = ["LineForm", "PaymentForm", "refund_of", "words_of"]
