"""Templates of short messages (短信模板): written, changed, and made into a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid, NotFound
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import SmsTemplate, SmsTemplateVariable
from crm.rules.messaging.sms_template import placeholders, refuse_signature
from crm.services import value_rows
from crm.services.deeds import Deed
from crm.services.messaging.template_variables import SHOWN, declared_variables
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved, rule_of_table, visible_id
from crm.services.values import columns

LONGEST_TEXT = 1000


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new template, with all the variables that its text names."""
    refuse_blank(given, ["name", "category", "text"])
    check_frozen(deed, "sms_template", list(given))
    values = await _decided(deed, given, None)
    await _refuse_taken(deed, values["name"], None)
    template, changes = await insert(deed, SmsTemplate, Kind.SMS_TEMPLATE, values)
    changes += await _replace(deed, template.id, values["text"], given.get("variables", []))
    await record_change(deed, template, "sms_template.create", changes)
    return template.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; what was written by it before stays as it was sent."""
    template: Any = await claim(deed, SmsTemplate, record_id, Action.UPDATE)
    check_version(template, version)
    check_frozen(deed, "sms_template", list(given))
    values = await _decided(deed, given, template)
    if "name" in values and values["name"] != template.name:
        await _refuse_taken(deed, values["name"], template.id)
    changes: list[FieldChange] = []
    if "text" in values or "variables" in given:
        declared = given["variables"] if "variables" in given else await variables_of(deed, template.id)
        changes = await _replace(deed, template.id, values.get("text", template.text), declared)
    if changes := await revise(deed, template, values, changes):
        await record_change(deed, template, "sms_template.update", changes)
    return UUID(str(template.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a template to the recycle bin."""
    template = await claim(deed, SmsTemplate, record_id, Action.DELETE)
    await trash(deed, template, "sms_template.delete")
    return template.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a template out of the recycle bin, unless another has its name now."""
    template: Any = await claim(deed, SmsTemplate, record_id, Action.DELETE, deleted=True)
    await _refuse_taken(deed, template.name, template.id, ("id",))
    await untrash(deed, template, "sms_template.restore")
    return UUID(str(template.id))


async def chosen(deed: Deed, wanted: str) -> dict[str, Any]:
    """A template that can be sent."""
    where = ("input", "templateId")
    key = await visible_id(deed, rule_of_table("sms_template"), wanted, where)
    found = await deed.rows("SELECT * FROM sms_template WHERE id = $1", key)
    if not found:
        raise NotFound(where)
    if not found[0]["active"]:
        raise Invalid("This template is no longer used.", where)
    return found[0]


async def variables_of(deed: Deed, template_id: UUID) -> list[dict[str, Any]]:
    """The variables of a template, in their order."""
    return await deed.rows(
        "SELECT name, source, longest, example FROM sms_template_variable WHERE template_id = $1 ORDER BY position", template_id
    )


async def _decided(deed: Deed, given: Mapping[str, Any], template: Any) -> dict[str, Any]:
    values, references = columns(SmsTemplate, given, ("variables",))
    values |= await resolved(deed, SmsTemplate, references, current=template)
    if "text" in values:
        try:
            refuse_signature(values["text"])
            placeholders(values["text"])
        except ValueError as error:
            raise Invalid(str(error), ("input", "text")) from None
        if len(values["text"]) > LONGEST_TEXT:
            raise Invalid(f"The text is longer than {LONGEST_TEXT} characters.", ("input", "text"))
    if "name" in values:
        values["name_key"] = name_key(values["name"])
    return values


async def _replace(deed: Deed, template_id: UUID, text: str, declared: Sequence[Mapping[str, Any]]) -> list[FieldChange]:
    """The whole list of variables; what the text names and nobody declared is to be given."""
    rows = declared_variables(placeholders(text), declared)
    parent = ("template_id", template_id)
    return await value_rows.replace(deed, SmsTemplateVariable, Kind.SMS_TEMPLATE_VARIABLE, parent, "variables", rows, SHOWN)


async def _refuse_taken(deed: Deed, name: str, own: UUID | None, where: tuple[str, ...] = ("input", "name")) -> None:
    query = "SELECT id FROM sms_template WHERE lower(name) = lower($1) AND id IS DISTINCT FROM $2 AND deleted_at IS NULL"
    if found := await deed.rows(query, name, own):
        error = Duplicate("There is a template with this name.", where)
        error.record = found[0]["id"]
        raise error
