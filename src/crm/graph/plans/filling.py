"""What Python adds to the JSON of a planned answer: fields it resolves, and the errors of fields that are hidden.

The fields of one name are resolved at once, so their loaders run once for all rows of the answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, located_error
from graphql.execution import Executor
from graphql.pyutils import Path

from crm.access.grants import Rights
from crm.core.errors import FieldForbidden
from crm.graph.context import NotPlanned
from crm.graph.plans.columns import carried
from crm.graph.plans.outline import Island, Nodes
from crm.graph.plans.rendering import FORM_KEY, Into, Refuse, Step
from crm.graph.rows import Row


class Carried(dict[str, Any]):
    """A row with the columns a field said it needs. Asking for another is our mistake; the reference way then answers."""

    def __missing__(self, column: str) -> Any:
        raise NotPlanned(f"a computed field reads `{column}` without saying so")


@dataclass(slots=True)
class _Waiting:
    """A field that Python resolves, at one place of the answer."""

    holder: dict[str, Any]
    key: str
    parent: GraphQLObjectType
    nodes: Nodes
    row: Row | None
    path: Path


@dataclass(slots=True)
class Filling:
    """One answer being completed. `executor` is graphql-core's, which resolves the fields as everywhere else."""

    executor: Executor[Any]
    rights: Rights
    errors: list[GraphQLError] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _refused: set[int] = field(default_factory=set)

    def walk(self, value: Any, into: Into, path: Path | None) -> None:
        """Find what is to be done in an object, or in each of a list, in the order of the answer."""
        if value is None:
            return
        if into.many:
            for place, each in enumerate(value):
                self._object(each, into, Path(path, place, None))
        else:
            self._object(value, into, path)

    def steps(self, data: dict[str, Any], key: str, step: Step) -> None:
        """What is to be done under a root field."""
        self._step(data, key, step, Path(None, key, None))

    def root(self, data: dict[str, Any], key: str, parent: GraphQLObjectType, nodes: Nodes) -> None:
        """A root field that Python resolves."""
        self._waiting.append(_Waiting(data, key, parent, nodes, None, Path(None, key, parent.name)))

    def _object(self, value: Any, into: Into, path: Path | None) -> None:
        if value is None:
            return
        steps = into.steps[None] if None in into.steps else into.steps[value.pop(FORM_KEY)]
        for key, step in steps.items():
            self._step(value, key, step, Path(path, key, None))

    def _step(self, holder: dict[str, Any], key: str, step: Step, path: Path) -> None:
        match step:
            case Into():
                self.walk(holder[key], step, path)
            case Refuse(key=hidden, nodes=nodes):
                if id(step) not in self._refused:
                    self._refused.add(id(step))
                    self.errors.append(located_error(FieldForbidden(hidden), nodes.all, path.as_list()))
            case Island():
                row = self._row(step, holder[key])
                self._waiting.append(_Waiting(holder, key, step.parent, step.nodes, row, path))

    def _row(self, island: Island, values: list[Any]) -> Row:
        record = Carried()
        for column, value in zip(island.columns, values, strict=True):
            reader = carried(island.noun.rule.table, column)[1]
            record[column] = value if value is None or reader is None else reader(value)
        return Row(island.noun, record, self.rights)

    async def resolve(self) -> None:
        """Let Python resolve all that waits, at once."""
        if not self._waiting:
            return
        # All are waited for, also where one fails: nothing goes on reading for an answer that is given up.
        results = await asyncio.gather(*(self._resolved(each) for each in self._waiting), return_exceptions=True)
        for each, result in zip(self._waiting, results, strict=True):
            if isinstance(result, BaseException):
                raise result
            each.holder[each.key] = result
        for error in self.executor.collected_errors.errors:
            if isinstance(error.original_error, NotPlanned):
                raise error.original_error
        self.errors += self.executor.collected_errors.errors

    async def _resolved(self, waiting: _Waiting) -> Any:
        try:
            found = self.executor.execute_field(waiting.parent, waiting.row, waiting.nodes.details, waiting.path, None)
            return await found if isawaitable(found) else found
        except GraphQLError as error:
            # It goes up to the nearest field that can be null; where that is, is graphql-core's to say.
            raise NotPlanned("a field that cannot be null failed") from error
