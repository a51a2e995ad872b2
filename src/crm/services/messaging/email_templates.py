"""Templates of e-mail (邮件模板): written, changed, chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid, NotFound
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import EmailTemplate, EmailTemplateVariable
from crm.rules.messaging.email_addresses import header_text
from crm.rules.messaging.email_templates import Letter, named
from crm.rules.messaging.email_text import composed_html
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
from crm.services.references import rule_of_table, visible_id
from crm.services.values import columns

PARTS = ("subject", "text", "html")
LONGEST_SUBJECT = 200


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new template, with all the variables that it names."""
    refuse_blank(given, ["name", "category", "subject", "text"])
    check_frozen(deed, "email_template", list(given))
    values = _decided(given)
    names = _named(values, None)
    await _refuse_taken(deed, values["name"], None)
    template, changes = await insert(deed, EmailTemplate, Kind.EMAIL_TEMPLATE, values)
    changes += await _replace(deed, template.id, names, given.get("variables", []))
    await record_change(deed, template, "email_template.create", changes)
    return template.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; what was written by it before stays as it was sent."""
    template: Any = await claim(deed, EmailTemplate, record_id, Action.UPDATE)
    check_version(template, version)
    check_frozen(deed, "email_template", list(given))
    values = _decided(given)
    if "name" in values and values["name"] != template.name:
        await _refuse_taken(deed, values["name"], template.id)
    changes: list[FieldChange] = []
    if "variables" in given or any(part in values for part in PARTS):
        names = _named(values, template)
        declared = given["variables"] if "variables" in given else await variables_of(deed, template.id)
        known = declared if "variables" in given else [each for each in declared if each["name"] in names]
        changes = await _replace(deed, template.id, names, known)
    if changes := await revise(deed, template, values, changes):
        await record_change(deed, template, "email_template.update", changes)
    return UUID(str(template.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a template to the recycle bin."""
    template = await claim(deed, EmailTemplate, record_id, Action.DELETE)
    await trash(deed, template, "email_template.delete")
    return template.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a template out of the recycle bin, unless another has its name now."""
    template: Any = await claim(deed, EmailTemplate, record_id, Action.DELETE, deleted=True)
    await _refuse_taken(deed, template.name, template.id, ("id",))
    await untrash(deed, template, "email_template.restore")
    return UUID(str(template.id))


async def chosen(deed: Deed, wanted: str) -> dict[str, Any]:
    """A template that can be sent."""
    where = ("input", "templateId")
    key = await visible_id(deed, rule_of_table("email_template"), wanted, where)
    found = await deed.rows("SELECT * FROM email_template WHERE id = $1", key)
    if not found:
        raise NotFound(where)
    if not found[0]["active"]:
        raise Invalid("This template is no longer used.", where)
    return found[0]


async def variables_of(deed: Deed, template_id: UUID) -> list[dict[str, Any]]:
    """The variables of a template, in their order."""
    query = "SELECT name, source, longest, example FROM email_template_variable WHERE template_id = $1 ORDER BY position"
    return await deed.rows(query, template_id)


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("subject") is not None:
        try:
            header_text(given["subject"], LONGEST_SUBJECT)
        except ValueError as error:
            raise Invalid(str(error), ("input", "subject")) from None
    values, _ = columns(EmailTemplate, given, ("variables",))
    if values.get("html") is not None:
        values["html"] = composed_html(values["html"])
    if "name" in values:
        values["name_key"] = name_key(values["name"])
    return values


def _named(values: Mapping[str, Any], template: Any) -> list[str]:
    """The variables of all its parts; the part with a brace that stands alone is told."""
    parts = {part: values[part] if part in values else getattr(template, part, None) for part in PARTS}
    for part, text in parts.items():
        try:
            named(Letter(text or "", ""))
        except ValueError as error:
            raise Invalid(str(error), ("input", part)) from None
    return named(Letter(parts["subject"] or "", parts["text"] or "", parts["html"]))


async def _replace(deed: Deed, template_id: UUID, names: list[str], declared: Any) -> list[FieldChange]:
    rows = declared_variables(names, declared)
    parent = ("template_id", template_id)
    return await value_rows.replace(deed, EmailTemplateVariable, Kind.EMAIL_TEMPLATE_VARIABLE, parent, "variables", rows, SHOWN)


async def _refuse_taken(deed: Deed, name: str, own: UUID | None, where: tuple[str, ...] = ("input", "name")) -> None:
    query = "SELECT id FROM email_template WHERE lower(name) = lower($1) AND id IS DISTINCT FROM $2 AND deleted_at IS NULL"
    if found := await deed.rows(query, name, own):
        error = Duplicate("There is a template with this name.", where)
        error.record = found[0]["id"]
        raise error
