"""The form that asks for alternatives: the planner's, but it never begins empty."""

from accounts.forms.planner import PlannerForm, said_of


class AlternativesForm(PlannerForm):
    """When nothing is said, it asks for the goal of the first account that has one, or else for the next tier."""

    def _usual_account(self) -> str:
        with_goal = (key for key, account in self.accounts.items() if account.goal)
        return next(with_goal, super()._usual_account())

    def _usual_wish(self) -> dict[str, str]:
        held, book = self.held, self.book
        if held is not None and (goal := held.wish) is not None:
            return said_of(goal)
        seen = book.tier(held.seen_tier) if held is not None and book.has_tier(held.seen_tier) else book.lowest
        return {"tier": next((tier.id for tier in book.tiers if tier.rank > seen.rank), book.top.id)}
