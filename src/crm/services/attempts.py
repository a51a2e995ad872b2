"""What the database says when two writers meet, in our words: try again, or somebody has it already."""

from __future__ import annotations

import asyncpg
from tortoise.exceptions import IntegrityError

from crm.core.errors import Duplicate

PASSING = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""The database chose this transaction as the victim; the same again will do."""

REFUSED = IntegrityError
"""A constraint or a unique index refused the write."""

_CONSTRAINTS = {
    "user_account_username": ("This username is taken.", ("input", "username")),
    "user_account_extension": ("Somebody else has this extension.", ("input", "extension")),
    "tag_name": ("There is a tag with this name.", ("input", "name")),
    "role_name": ("There is a role with this name.", ("input", "name")),
    "ring_group_name": ("There is a ring group with this name.", ("input", "name")),
    "blocked_number_once": ("This is on the block list already.", ("input", "number")),
    "pipeline_name": ("There is a pipeline with this name.", ("input", "name")),
    "custom_field_key": ("This entity has a field with this key.", ("input", "key")),
    "custom_value_taken": ("Another record has this value.", ("input", "customFields")),
    "dictionary_code": ("There is a dictionary with this code.", ("input", "code")),
    "competitor_name": ("There is a competitor with this name.", ("input", "name")),
    "work_calendar_name": ("There is a calendar with this name.", ("input", "name")),
    "calendar_day_once": ("This day is an exception of the calendar already.", ("input", "fallsOn")),
    "sla_policy_priority": ("Cases of this priority have a policy already.", ("input", "priority")),
    "project_opportunity": ("A project came of this opportunity already.", ("id",)),
    "channel_group_name": ("There is a group of channels with this name.", ("input", "name")),
    "territory_name": ("There is a territory with this name.", ("input", "name")),
    "channel_assignment_live": ("This opportunity is with a channel already.", ("id",)),
    "sms_account_code": ("There is an account with this code.", ("input", "code")),
    "sms_account_primary": ("Another account was made the primary one just now.", ("input", "primary")),
    "sms_template_name": ("There is a template with this name.", ("input", "name")),
    "sms_opt_out_number": ("This number is on the list already.", ("input", "number")),
    "email_account_address": ("They have a mailbox with this address already.", ("input", "address")),
    "email_template_name": ("There is a template with this name.", ("input", "name")),
    "email_suppression_address": ("This address is on the list already.", ("input", "address")),
    "dictionary_item_code": ("This dictionary has an option with this code.", ("input", "code")),
}
"""Unique indexes whose race two writers can lose to each other: what the loser is told."""

_GIVES_NO_VALUE = {"_restore": ("id",), "_transfer": ("input", "ids")}
"""Verbs that meet a unique index by what the record has already."""


def duplicate_of(error: IntegrityError, verb: str) -> Exception:
    """The refusal for whoever lost a race to a unique index; the error itself where no client can be at fault."""
    name = getattr(error.__cause__, "constraint_name", None) or getattr(
        error.args[0] if error.args else None, "constraint_name", None
    )
    told = _CONSTRAINTS.get(name or "")
    if not told:
        return error
    message, field = told
    return Duplicate(message, next((where for ending, where in _GIVES_NO_VALUE.items() if verb.endswith(ending)), field))
