"""A plan: what an operation asks for under one permission set, with a statement for each form of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql.execution.values import VariableValues

from crm.access.binds import Binds, Prepared
from crm.access.grants import Rights
from crm.access.select import Edge, guarded_values
from crm.access.survivors import stand_in
from crm.graph.context import NotPlanned
from crm.graph.plans.operations import Facts
from crm.graph.plans.outline import Leaf, Level, Nodes, Paged, TypeName
from crm.graph.plans.pages import paged
from crm.graph.plans.rendering import Into, Renderer, Step, later
from crm.graph.plans.sites import Form, Kind, Site, Values
from crm.graph.segments import Segments

MOST_STATEMENTS = 200
"""Forms of arguments that one plan keeps: a client that varies the form without end gets no further."""

MOST_TEXT = 200_000
"""Bytes of SQL; PostgreSQL would spend longer on planning more than reading it level by level takes."""


@dataclass(frozen=True, slots=True)
class Constant:
    """`__typename` of the root."""

    text: str


@dataclass(frozen=True, slots=True)
class Single:
    """One record by its id. `proven`: it was judged already that all for whom this is run may see it."""

    site: int
    level: Level
    nodes: Nodes
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """`node(id)` with an id that is none of ours."""

    nodes: Nodes


@dataclass(frozen=True, slots=True)
class Python:
    """A root field that is no list and no record: graphql-core resolves it."""

    nodes: Nodes


RootPart = Constant | Single | Nothing | Paged | Python


@dataclass(frozen=True, slots=True)
class Statement:
    """The SQL of a plan for one form of its arguments, and what Python does with its answer."""

    prepared: Prepared
    steps: dict[str, Step]


@dataclass(slots=True)
class Plan:
    """Made once for an operation and a permission set; run for any viewer who has that."""

    facts: Facts
    rights: Rights
    roots: tuple[tuple[str, RootPart], ...]
    sites: tuple[Site, ...]
    parts: int
    static: dict[int, tuple[Form, Values]] = field(default_factory=dict)
    statements: dict[tuple[Form, ...], Statement] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """The root fields that the statement answers, in its order."""
        return tuple(key for key, part in self.roots if isinstance(part, Single | Paged))

    @property
    def flat(self) -> bool:
        """Whether it shows nothing but columns of the records themselves."""
        levels = [part.level for _, part in self.roots if isinstance(part, Single)]
        parts = [part for level in levels for _, form in level.forms for _, part in form]
        return bool(levels) and all(isinstance(part, Leaf | TypeName) for part in parts)

    def settle(self, variables: VariableValues) -> None:
        """Judge the arguments that no variable is part of, once."""
        for number, site in enumerate(self.sites):
            if not site.dynamic:
                self.static[number] = site.ask(number, variables, self.rights, Segments())

    def asked(self, variables: VariableValues, saved: Segments) -> tuple[tuple[Form, ...], list[Values]]:
        """The form of what is asked at each site with variables in it, and the values of all."""
        forms, values = [], []
        for number, site in enumerate(self.sites):
            settled = self.static.get(number)
            if settled is None:
                form, given = site.ask(number, variables, self.rights, saved)
                forms.append(form)
            else:
                given = settled[1]
            values.append(given)
        return tuple(forms), values

    def statement(self, forms: tuple[Form, ...]) -> Statement:
        """The statement for the forms that variables decide, rendered on first use."""
        made = self.statements.get(forms)
        if made is None:
            decided = iter(forms)
            all_forms = [self.static[n][0] if n in self.static else next(decided) for n in range(len(self.sites))]
            made = self._rendered(all_forms)
            if len(self.statements) < MOST_STATEMENTS:
                self.statements[forms] = made
        return made

    def size(self) -> int:
        """Bytes it takes, roughly: texts, and what an outline takes for each of its parts."""
        return (
            4000
            + 500 * self.parts
            + 1500 * len(self.sites)
            + sum(2 * len(each.prepared.text) + 2000 for each in self.statements.values())
        )

    def _rendered(self, forms: Sequence[Form]) -> Statement:
        binds, steps = Binds(), {}
        renderer = Renderer(self.rights, forms, binds)
        values = []
        for key, part in self.roots:
            if isinstance(part, Single | Paged):
                value, step = _root(renderer, part, forms)
                values.append(f"convert_to({value}::text, 'UTF8')")  # bytes: nobody decodes and encodes them on the way
                if step is not None:
                    steps[key] = step
        prepared = binds.prepared(guarded_values(values, binds))
        if len(prepared.text) > MOST_TEXT:
            raise NotPlanned("the statement would be too large")
        return Statement(prepared, steps)


def _root(renderer: Renderer, part: Single | Paged, forms: Sequence[Form]) -> tuple[str, Step | None]:
    if isinstance(part, Paged):
        return paged(renderer, part, None)
    kind = forms[part.site]
    assert isinstance(kind, Kind)
    into: Into | None
    source, key = part.level.noun.source, later(renderer.binds, part.site)
    if kind.given:
        key = stand_in(source.rule, key, renderer.binds)
    value, into = renderer.one(source, Edge("id", key), part.level, card=part.proven, window=True)
    return value, into
