"""What can be asked and said of duplicates (查重)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN, STAFF_ONLY
from crm.core.errors import DomainError, RecordNotFound
from crm.graph.context import Operation
from crm.graph.payloads import Done
from crm.resolvers.deeds import consulted
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.customers.duplicate import Duplicate, DuplicateCheckInput, DuplicateCheckPayload, duplicates_from
from crm.schema.customers.duplicate_policy import DuplicatePolicyPayload, DuplicatePolicyUpdateInput
from crm.services.customers import duplicate_checks, duplicate_policies
from crm.services.deeds import Deed


@strawberry.type
class DuplicateQuery:
    """Reading policies, what was disclosed, and what may be the same as a record."""

    duplicate_policy = single("customers.DuplicatePolicy", STAFF_ONLY, "One policy for duplicates (查重策略).")
    duplicate_policies = listing(
        "customers.DuplicatePolicy", STAFF_ONLY, "What is done about duplicates by which way in (查重策略)."
    )
    duplicate_disclosures = listing(
        "customers.DuplicateDisclosure",
        "duplicate_disclosure.read",
        "Whom duplicates told of records that they may not see (查重披露).",
    )

    @query(SIGNED_IN, "What a party or contact may be the same as, among what the viewer sees; at most 50 (疑似重复).")
    async def duplicates_of(operation: Operation, record_id: strawberry.ID) -> list[Duplicate] | None:
        """Nothing is disclosed by it: that is `duplicateCheck`, which writes down what it tells."""
        try:
            return duplicates_from(await consulted(operation, lambda deed: duplicate_checks.of_record(deed, record_id)))
        except DomainError as error:
            raise RecordNotFound from error


@strawberry.type
class DuplicateMutation:
    """Looking for duplicates, and what is done about them."""

    @command("*.create", DuplicateCheckPayload, "Look for what a new record may be the same as (查重), before it is made.")
    async def duplicate_check(deed: Deed, input: DuplicateCheckInput) -> Done:
        """Of records that the viewer may not see, only whose they are is told: at most 60 an hour, and written down."""
        await duplicate_checks.look(deed, plain_input(input))
        return Done()

    @command("duplicate_policy.update", DuplicatePolicyPayload, "Change what is done about duplicates (修改查重策略).")
    async def duplicate_policy_update(deed: Deed, id: strawberry.ID, version: int, input: DuplicatePolicyUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await duplicate_policies.update(deed, id, version, plain_input(input))
