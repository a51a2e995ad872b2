"""A subscription's selection: what a client wants to know of each event, and who the client is."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import DocumentNode, FieldNode, OperationDefinitionNode, VariableNode, get_argument_values, get_variable_values

from crm.access.grants import Rights
from crm.core.errors import RequestError
from crm.endpoints.documents import root_selections
from crm.endpoints.execution import Asked, Executor
from crm.endpoints.pushes.interned import Interned
from crm.endpoints.pushes.readers import Reader
from crm.services.topics import Stream

AFTER = "after"


class WrongVariables(Exception):
    """The variables of a subscription do not fit its document; `errors` says how."""

    def __init__(self, errors: list[Any]) -> None:
        super().__init__("variables")
        self.errors = errors


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Asking:
    """A selection and a permission set: what is the same for all who share both. There is one object of each."""

    key: Hashable
    rights: Rights


class Selection:
    """What is run for each event. Selections with equal keys show the same to viewers for whom the same holds."""

    __slots__ = ("_asking", "asked", "document", "key", "reader")

    def __init__(self, document: DocumentNode, asked: Asked, reader: Reader, key: Hashable) -> None:
        self.document, self.asked, self.reader = document, asked, reader
        self._asking = _asking(key, reader.rights)
        self.key = self._asking.key  # the one that others hold, too

    @property
    def asking(self) -> Asking:
        """With the rights that its reader has now."""
        rights = self.reader.rights
        if self._asking.rights is not rights:
            self._asking = _asking(self.key, rights)
        return self._asking


_ASKINGS: Interned[Asking] = Interned()


def _asking(key: Hashable, rights: Rights) -> Asking:
    return _ASKINGS.one((key, rights), Asking(key, rights))


@dataclass(frozen=True, slots=True)
class Listening:
    """What a subscription asks for: which stream, after which cursor, and what of it."""

    stream: Stream
    after: str | None
    arguments: dict[str, Any]
    key: Hashable


def listened(executor: Executor, document: DocumentNode, operation: OperationDefinitionNode, asked: Asked) -> Listening:
    """Reads a subscription that has been validated: it has one root field."""
    schema = executor.schema
    variables = get_variable_values(schema, operation.variable_definitions or (), asked.variables or {}, 20)
    if isinstance(variables, list):
        raise WrongVariables(variables)
    node: FieldNode = root_selections(document, operation)[0]
    assert schema.subscription_type is not None
    made = schema.subscription_type.fields.get(node.name.value)
    if made is None:  # `__typename` is a field, but no stream
        raise RequestError("Subscribe to one of the fields of Subscription.")
    arguments = get_argument_values(made, node, variables)
    return Listening(Stream(node.name.value), arguments.get(AFTER), arguments, _key(asked, node))


def _key(asked: Asked, node: FieldNode) -> Hashable:
    """Document and variables, less those that say what to listen to: clients have their own, and no answer depends on them."""
    variables = dict(asked.variables or {})
    for argument in node.arguments or ():
        if isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            if len(re.findall(rf"\${name}\b", asked.query)) == 2:  # where it is declared, and here
                variables.pop(name, None)
    return (asked.query, asked.operation_name, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS))
