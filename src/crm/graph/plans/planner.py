"""Planning and running: from a document and its variables to the bytes of the answer, and what is kept in between."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLResolveInfo, OperationType, located_error
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues
from strawberry import Schema

from crm import metrics
from crm.access.grants import Rights
from crm.access.viewer import Viewer
from crm.core.errors import BadUserInput, FieldForbidden, RecordNotFound
from crm.graph.context import NotPlanned, Operation
from crm.graph.declarations import Root
from crm.graph.nouns import Noun, noun_named
from crm.graph.plans.filling import Filling
from crm.graph.plans.kept import Kept
from crm.graph.plans.operations import Completed, Facts, facts_of
from crm.graph.plans.outline import Nodes
from crm.graph.plans.outlining import TYPENAME, Outliner
from crm.graph.plans.plan import Constant, Nothing, Plan, Python, RootPart, Single, Statement
from crm.graph.plans.rendering import Into
from crm.graph.plans.sites import Arguments, GivenSite, IdSite, Kind, Values, declared
from crm.graph.segments import Segments, named_in

MOST_PLAN_BYTES = 32 * 1024 * 1024
MOST_FACTS_BYTES = 8 * 1024 * 1024
_planned = metrics.graphql_plans.labels("planned")


@dataclass(slots=True)
class Planned:
    """An answer that PostgreSQL wrote: the bytes of `data`, and errors that stand beside it."""

    data: bytes
    errors: list[GraphQLError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ready:
    plan: Plan
    statement: Statement
    values: list[Values]


@dataclass(frozen=True, slots=True)
class _Unplanned:
    """It was tried, and is left to graphql-core."""

    facts: Facts
    reason: str


class Planner:
    """The plans of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.core = schema._schema
        self._facts: Kept[Facts] = Kept("operations", MOST_FACTS_BYTES)
        self._plans: Kept[Plan | _Unplanned] = Kept("plans", MOST_PLAN_BYTES)

    async def answer(
        self, operation: Operation, document: DocumentNode, raw: dict[str, Any] | None, name: str | None
    ) -> Planned | ExecutionResult | None:
        """The answer to a query; None where graphql-core has to give it."""
        facts = self.facts(document, name)
        if facts is None or facts.operation.operation is not OperationType.QUERY:
            return None
        variables = facts.coerced(self.core, raw or {})
        if variables is None:
            return None
        try:
            answer = await self._answered(operation, facts, variables)
        except NotPlanned:
            metrics.graphql_plans.labels("reference").inc()
            return None
        _planned.inc()
        return answer

    async def record(
        self, operation: Operation, info: GraphQLResolveInfo[Any], noun: Noun, key: UUID, *, known: bool
    ) -> Completed | None:
        """What a field of a mutation's payload or of an event shows of one record; None where there is none for this viewer.

        `known`: its row has been read already, so a selection of nothing but columns is not worth another statement.
        """
        assert operation.document is not None
        facts = self.facts(operation.document, None if info.operation.name is None else info.operation.name.value)
        if facts is None or facts.operation is not info.operation:
            raise NotPlanned("the operation is not of this document")
        nodes = Nodes.of([FieldDetails(node, None) for node in info.field_nodes])
        ready: list[_Ready] = []

        def prepare(viewer: Viewer) -> tuple[str, list[object]]:
            given = self._given(facts, info.variable_values, saved, viewer.rights, noun, nodes, key, known, operation.proven)
            ready.append(given)
            return ready[-1].statement.prepared.text, ready[-1].statement.prepared.values(viewer, ready[-1].values)

        saved = await named_in(operation, facts.segments(info.variable_values))
        rows = await operation.run(prepare)
        _planned.inc()
        if rows[0]["f0"] is None:
            return None
        data = orjson.loads(rows[0]["f0"])
        errors: list[GraphQLError] = []
        into = ready[-1].statement.steps.get("")
        if isinstance(into, Into):
            filling = Filling(facts.executor(self.core, info.variable_values, operation), operation.rights)
            filling.walk(data, into, info.path)
            await filling.resolve()
            errors = filling.errors
        return Completed(data, errors)

    def facts(self, document: DocumentNode, name: str | None) -> Facts | None:
        """What is known of an operation of a document that is kept as long as this."""
        key = (id(document), name)
        found = self._facts.get(key)
        if found is None or found.document is not document:
            found = facts_of(document, name)
            if found is not None:
                self._facts.put(key, found, 1000 + 40 * (document.loc.end if document.loc else 0))
        return found

    # --- queries ---------------------------------------------------------------------------------------------------------

    async def _answered(self, operation: Operation, facts: Facts, variables: VariableValues) -> Planned | ExecutionResult | None:
        ready: list[_Ready] = []
        saved = await named_in(operation, facts.segments(variables))

        def prepare(viewer: Viewer) -> tuple[str, list[object]]:
            ready.append(self._query(facts, variables, saved, viewer.rights))
            return ready[-1].statement.prepared.text, ready[-1].statement.prepared.values(viewer, ready[-1].values)

        row = (await operation.run(prepare))[0]
        used = ready[-1]
        texts = {key: row[f"f{place}"] for place, key in enumerate(used.plan.reads)}
        missing = [
            located_error(RecordNotFound(), part.nodes.all, [key])
            for key, part in used.plan.roots
            if isinstance(part, Nothing) or (isinstance(part, Single) and texts[key] is None)
        ]
        if not used.statement.steps and all(not isinstance(part, Python) for _, part in used.plan.roots):
            return Planned(_joined(used.plan, texts), missing)
        return await self._filled(operation, used, variables, texts, missing)

    async def _filled(
        self,
        operation: Operation,
        used: _Ready,
        variables: VariableValues,
        texts: dict[str, bytes | None],
        missing: list[GraphQLError],
    ) -> ExecutionResult:
        executor = used.plan.facts.executor(self.core, variables, operation)
        filling = Filling(executor, operation.rights, missing)
        data: dict[str, Any] = {}
        for key, part in used.plan.roots:
            text = texts.get(key)
            data[key] = part.text if isinstance(part, Constant) else None if text is None else orjson.loads(text)
        for key, step in used.statement.steps.items():
            filling.steps(data, key, step)
        for key, part in used.plan.roots:
            if isinstance(part, Python):
                assert self.core.query_type is not None
                filling.root(data, key, self.core.query_type, part.nodes)
        await filling.resolve()
        return ExecutionResult(data, filling.errors or None)

    def _query(self, facts: Facts, variables: VariableValues, saved: Segments, rights: Rights) -> _Ready:
        booleans = tuple(variables.coerced.get(name) for name in facts.booleans)
        kinds = self._kinds(facts, variables, rights)
        place = (id(facts), booleans, rights, tuple(kinds.values()))
        return self._ready(place, facts, rights, variables, saved, lambda outliner: _roots(outliner, kinds))

    def _kinds(self, facts: Facts, variables: VariableValues, rights: Rights) -> dict[int, str | None]:
        """The nouns of the ids that `node(id)` is asked for: they decide what can be selected, so they are part of the key."""
        found: dict[int, str | None] = {}
        for key, site in self._named_by_id(facts):
            form, _ = _judged(lambda site=site: site.ask(0, variables, rights, Segments()))
            assert isinstance(form, Kind)
            found[key] = None if form.noun is None else form.noun.name
        return found

    def _named_by_id(self, facts: Facts) -> list[tuple[int, IdSite]]:
        """The fields `node(id)` at the root of an operation."""
        if facts.named_by_id is None:
            facts.named_by_id = []
            assert self.core.query_type is not None
            for node in facts.root_fields():
                definition = self.core.query_type.fields.get(node.name.value)
                made = None if definition is None else declared(definition)
                if definition is not None and isinstance(made, Root) and made.target is None:
                    facts.named_by_id.append((id(node), IdSite(Arguments(definition, node), None, dynamic=True)))
        return facts.named_by_id

    def _given(
        self,
        facts: Facts,
        variables: VariableValues,
        saved: Segments,
        rights: Rights,
        noun: Noun,
        nodes: Nodes,
        key: UUID,
        known: bool,
        proven: bool,
    ) -> _Ready:
        booleans = tuple(variables.coerced.get(name) for name in facts.booleans)

        def root(outliner: Outliner) -> list[tuple[str, RootPart]]:
            outliner.sites.append(GivenSite(noun))
            return [("", Single(0, outliner.level(noun, nodes), nodes, proven and known))]

        place = (id(facts), booleans, rights, nodes.ids, noun.name, proven and known)
        ready = self._ready(place, facts, rights, variables, saved, root)
        if known and ready.plan.flat:
            raise NotPlanned("the row at hand shows all of it")
        return _Ready(ready.plan, ready.statement, [(key,), *ready.values[1:]])

    def _ready(
        self, key: Hashable, facts: Facts, rights: Rights, variables: VariableValues, saved: Segments, roots: Any
    ) -> _Ready:
        plan = self._plans.get(key)
        if plan is not None and plan.facts is not facts:
            plan = None  # another document has come to stand where that one was
        if plan is None:
            try:
                plan = _judged(lambda: self._planned(facts, rights, variables, roots))
            except NotPlanned as reason:
                plan = _Unplanned(facts, str(reason))
                self._plans.put(key, plan, 500)
        if isinstance(plan, _Unplanned):
            raise NotPlanned(plan.reason)
        forms, values = _judged(lambda: plan.asked(variables, saved))
        known = len(plan.statements)
        statement = plan.statement(forms)
        if len(plan.statements) != known or not known:
            self._plans.put(key, plan, plan.size())
        return _Ready(plan, statement, values)

    def _planned(self, facts: Facts, rights: Rights, variables: VariableValues, roots: Any) -> Plan:
        outliner = Outliner(self.schema, facts.executor(self.core, variables, None), rights)
        found = tuple(roots(outliner))
        if not any(isinstance(part, Single) or not isinstance(part, Constant | Nothing | Python) for _, part in found):
            raise NotPlanned("nothing in it is read from a table")
        plan = Plan(facts, rights, found, tuple(outliner.sites), outliner.parts)
        plan.settle(variables)
        return plan


def _roots(outliner: Outliner, kinds: dict[int, str | None]) -> list[tuple[str, RootPart]]:
    found: list[tuple[str, RootPart]] = []
    for key, nodes, root, definition in outliner.roots():
        found.append((key, _root(outliner, kinds, nodes, root, definition)))
    return found


def _root(outliner: Outliner, kinds: dict[int, str | None], nodes: Nodes, root: Root | None, definition: Any) -> RootPart:
    if nodes.first.name.value == TYPENAME:
        assert outliner.core.query_type is not None
        return Constant(outliner.core.query_type.name)
    if root is None or not outliner.rights.holds(root.permission):
        return Python(nodes)
    if root.many:
        assert root.target is not None
        return outliner.paged(definition, nodes, noun_named(root.target), None, window=root.window)
    target = kinds[nodes.ids[0]] if root.target is None else root.target
    if target is None:
        return Nothing(nodes)
    noun = noun_named(target)
    return Single(outliner.identified(definition, nodes, noun), outliner.level(noun, nodes), nodes)


def _judged(read: Any) -> Any:
    """What is wrong with arguments is said by graphql-core, at each place where it is wrong."""
    try:
        return read()
    except (BadUserInput, GraphQLError, FieldForbidden) as error:
        raise NotPlanned(str(error)) from error


def _joined(plan: Plan, texts: dict[str, bytes | None]) -> bytes:
    parts = []
    for key, part in plan.roots:
        text = f'"{part.text}"'.encode() if isinstance(part, Constant) else texts.get(key) or b"null"
        parts.append(b'"%b":%b' % (key.encode(), text))
    return b"{%b}" % b",".join(parts)
