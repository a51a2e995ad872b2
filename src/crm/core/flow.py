"""A flow is a table (state, verb) → state: the only place where a life cycle is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from crm.core.errors import IllegalTransition

State = TypeVar("State", bound=StrEnum)
Verb = TypeVar("Verb", bound=StrEnum)


@dataclass(frozen=True, slots=True, eq=False)
class Flow(Generic[State, Verb]):
    """The legal steps (流程) of one kind of record.

    `noun` is what refusals call the record; a state without a row of its own is final. Construction raises ValueError
    for a table that names a state or verb of another enum: a slip there would otherwise wait for the first user.
    """

    noun: str
    state_enum: type[State]
    verb_enum: type[Verb]
    table: Mapping[tuple[State, Verb], State]

    def __post_init__(self) -> None:
        for (state, verb), target in self.table.items():
            if {type(state), type(target)} != {self.state_enum} or type(verb) is not self.verb_enum:
                raise ValueError(f"{self.noun}: the step {state}, {verb} → {target} names a state or verb of another enum")
        object.__setattr__(self, "table", MappingProxyType(dict(self.table)))

    @property
    def states(self) -> tuple[State, ...]:
        """All states, in the order of their enum."""
        return tuple(self.state_enum)

    def after(self, state: State, verb: Verb) -> State:
        """The state that follows. Raises `IllegalTransition` where the table has no step."""
        target = self.table.get((state, verb))
        if target is None:
            raise IllegalTransition(self.noun, state, verb)
        return target

    def verbs(self, state: State) -> tuple[Verb, ...]:
        """The legal next verbs in table order: what the type's `actions` field shows."""
        return tuple(verb for source, verb in self.table if source == state)

    def is_final(self, state: State) -> bool:
        """Whether no verb leads out of the state."""
        return not self.verbs(state)
