"""Whether a document is right by the schema, in bounded time."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLError, GraphQLSchema, specified_rules, validate
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule, ValidationContext
from graphql.validation.validate import ValidationAbortedError

from crm.core.errors import QueryTooComplex

MOST_ERRORS = 20
MOST_COMPARISONS = 50_000
"""Steps of comparing fields that meet under one name, some 3 µs each. They grow with the square of how often a name is repeated:
a thousand times the same field would take a million. A screen made of twenty fragments takes a few thousand."""


class BoundedOverlaps(OverlappingFieldsCanBeMergedRule):
    """The rule of the specification with a bound of ours; it counts by itself and stops the validation when nothing is left."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS


RULES: tuple[type[ASTValidationRule], ...] = tuple(
    BoundedOverlaps if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
)


def validated(schema: GraphQLSchema, document: DocumentNode, *, hide_suggestions: bool) -> list[GraphQLError]:
    """What is wrong with a document; raises `QueryTooComplex` where finding out would take too long."""
    errors = validate(schema, document, RULES, max_errors=MOST_ERRORS, hide_suggestions=hide_suggestions)
    if errors and isinstance(errors[-1], ValidationAbortedError) and len(errors) <= MOST_ERRORS:
        told = "Too many fields meet under the same name in one place of the document."
        raise QueryTooComplex("comparisons", MOST_COMPARISONS + 1, MOST_COMPARISONS, told)
    return errors
