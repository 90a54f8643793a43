"""What is asked of the capacity page: a model, and numbers for any limit that the editions know."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.forms.fields import CountField, LineField
from accounts.models import Shelf
from accounts.templatetags import slugs

# What nearly everybody asks for; the rest stands behind "Other limits".
FIRST = ("rpm", "tpm", "rpd")


def metrics_of(shelf: Shelf) -> list[str]:
    """Every metric that an edition names, the usual ones first."""
    found = {metric for book in shelf.values() for limit in book.limits for metric in limit.metrics} | set(FIRST)
    order = [*FIRST, *slugs.METRICS]
    return sorted(found, key=lambda metric: (order.index(metric) if metric in order else len(order), metric))


def variants_of(shelf: Shelf) -> list[str]:
    found = {limit.variant for book in shelf.values() for limit in book.limits} - {rules.STANDARD_VARIANT}
    return [rules.STANDARD_VARIANT, *sorted(found)]


def plain(words: str) -> str:
    """A model's name or id as people mean it: "GPT 4o" is gpt-4o."""
    return "-".join(words.casefold().replace("_", " ").replace("-", " ").split())


def model_called(words: str, books: Iterable[rules.Rulebook]) -> rules.ModelAccess | None:
    """The model with this id, else with this name, in the first of the books that has one."""
    wanted, held = plain(words), list(books)
    by_id = (model for book in held for model in book.models if plain(model.id) == wanted)
    by_name = (model for book in held for model in book.models if plain(model.name) == wanted)
    return next(by_id, None) or next(by_name, None)


class CapacityForm(forms.Form):
    """One field per metric, named like it."""

    model = LineField(
        label=_("Model"),
        max_length=80,
        help_text=_("Its id or its name, such as gpt-4o"),
        widget=forms.TextInput(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"}),
    )
    variant = forms.ChoiceField(label=_("Kind of limits"), required=False, help_text=_("where a model has several"))

    def __init__(self, data: Any = None, *, shelf: Shelf, **options: Any) -> None:
        super().__init__(data, **options)
        self.metrics = metrics_of(shelf)
        for metric in self.metrics:
            short, full = slugs.METRICS.get(metric, (metric.replace("_", " ").upper(), ""))
            self.fields[metric] = CountField(label=short, required=False, help_text=full)
        choices: Any = self.fields["variant"]
        choices.choices = [(variant, slugs.word(slugs.VARIANTS, variant)) for variant in variants_of(shelf)]

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[metric] for metric in FIRST]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[metric] for metric in self.metrics if metric not in FIRST] + [self["variant"]]

    @property
    def has_others(self) -> bool:
        """Whether one of the other fields is filled or wrong, so that it has to be seen."""
        standard = ("", None, rules.STANDARD_VARIANT)
        return any(field.errors or field.value() not in standard for field in self.others)

    def demand(self, model_id: str) -> rules.Demand:
        """What is asked for. Only after `is_valid`."""
        said = self.cleaned_data
        needs = {metric: said[metric] for metric in self.metrics if said[metric] is not None}
        return rules.Demand(model_id, needs, said["variant"] or rules.STANDARD_VARIANT)
