"""What every organisation starts with, of all rooms: written after every migration, where it is missing."""

from __future__ import annotations

from crm.store.database import Database


async def ensure(database: Database) -> None:
    """In this order: a room may build on what those below it have written."""
    from crm.services.customers import duplicate_policies, pipelines, pool_policies, sla_policies
    from crm.services.messaging import sms_accounts
    from crm.services.system import defaults, work_calendars

    await defaults.ensure(database)
    await work_calendars.ensure(database)
    await pipelines.ensure(database)
    await sla_policies.ensure(database)
    await duplicate_policies.ensure(database)
    await pool_policies.ensure(database)
    await sms_accounts.ensure(database)
