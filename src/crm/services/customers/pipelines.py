"""What happens to pipelines and their stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.clock import now
from crm.core.errors import Invalid, NotFound, Required
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Pipeline, Stage
from crm.rules.customers import default_pipeline
from crm.services.deeds import Database, Deed
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
from crm.services.values import checked

MAX_STAGES = 20


async def ensure(database: Database) -> None:
    """The pipeline that every organisation starts with, where there has never been one. Run after every migration."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261007)")
        if await Pipeline.all().using_db(tx).exists():
            return
        at, name = now(), default_pipeline.NAME
        pipeline = await Pipeline.create(
            using_db=tx, id=new_id(Kind.PIPELINE), name=name, name_key=name_key(name), created_at=at, updated_at=at
        )
        made = [
            Stage(id=new_id(Kind.STAGE), pipeline_id=pipeline.id, position=place, name=stage, probability=probability)
            for place, (stage, probability) in enumerate(default_pipeline.STAGES)
        ]
        await Stage.bulk_create(made, using_db=tx)


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new pipeline with its stages; without a position it stands last."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "pipeline", list(given))
    values, stages = _decided(given), _checked_stages(given["stages"])
    if "position" not in values:
        values["position"] = (await deed.rows("SELECT coalesce(max(position) + 1, 0) AS last FROM pipeline"))[0]["last"]
    pipeline, changes = await insert(deed, Pipeline, Kind.PIPELINE, values)
    changes += await _replace_stages(deed, pipeline.id, stages)
    await record_change(deed, pipeline, "pipeline.create", changes)
    return pipeline.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a pipeline; stages that are given are all it will offer."""
    pipeline = await claim(deed, Pipeline, record_id, Action.UPDATE)
    check_version(pipeline, version)
    check_frozen(deed, "pipeline", list(given))
    values, changes = _decided(given), list[FieldChange]()
    if "stages" in given:
        changes = await _replace_stages(deed, pipeline.id, _checked_stages(given["stages"]))
    if changes := await revise(deed, pipeline, values, changes):
        await record_change(deed, pipeline, "pipeline.update", changes)
    return pipeline.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a pipeline to the recycle bin that no opportunity goes through; one that is used can be deactivated."""
    pipeline = await claim(deed, Pipeline, record_id, Action.DELETE)
    if await deed.rows("SELECT 1 FROM opportunity WHERE pipeline_id = $1 LIMIT 1", pipeline.id):
        raise Invalid("Opportunities use this pipeline; deactivate it instead.", ("id",))
    await trash(deed, pipeline, "pipeline.delete")
    return pipeline.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a pipeline out of the recycle bin."""
    pipeline = await claim(deed, Pipeline, record_id, Action.DELETE, deleted=True)
    await untrash(deed, pipeline, "pipeline.restore")
    return pipeline.id


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    values = checked(Pipeline, {name: value for name, value in given.items() if name != "stages"})
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return values


def _checked_stages(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The stages as their columns take them; of one already there, `id` is still what the client wrote."""
    if not given:
        raise Required("A pipeline has at least one stage.", ("input", "stages"))
    if len(given) > MAX_STAGES:
        raise Invalid(f"At most {MAX_STAGES} stages.", ("input", "stages"))
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(given):
        where = ("input", "stages", str(place))
        row = checked(Stage, {"name": item["name"], "probability": item["probability"]}, where)
        if not 0 <= row["probability"] <= 100:
            raise Invalid("Must be between 0 and 100.", (*where, "probability"))
        if row["name"].casefold() in {other["name"].casefold() for other in rows}:
            raise Invalid("Another stage has this name.", (*where, "name"))
        rows.append({**row, "id": item.get("id"), "position": place, "active": True})
    return rows


async def _replace_stages(deed: Deed, pipeline_id: UUID, rows: list[dict[str, Any]]) -> list[FieldChange]:
    """Write the whole list: stages that are named keep their row, others are retired where a history names them, else removed."""
    before = {each.id: each for each in await Stage.filter(pipeline_id=pipeline_id).using_db(deed.tx).order_by("position", "id")}
    kept = _matched(before, rows)
    old = [_told(vars(each)) for each in before.values() if each.active]
    new = [_told(row) for row in rows]
    if old == new:
        return []
    used = await _used(deed, pipeline_id)
    unused = [key for key in before if key not in kept | used]
    await Stage.filter(pipeline_id=pipeline_id, id__in=unused).using_db(deed.tx).delete()
    retired = [each for key, each in before.items() if key in used - kept]
    for place, each in enumerate(retired, len(rows)):
        await each.update_from_dict({"active": False, "position": place}).save(using_db=deed.tx)
    for row in rows:
        stage = before.get(row["id"]) or Stage(pipeline_id=pipeline_id)
        await stage.update_from_dict(row).save(using_db=deed.tx)
    return [FieldChange("stages", old or None, new)]


def _matched(before: Mapping[UUID, Stage], rows: list[dict[str, Any]]) -> set[UUID]:
    """Give every row its id. Those that stay are answered; each must be one of this pipeline, and stand in the list once."""
    kept: set[UUID] = set()
    for place, row in enumerate(rows):
        if row["id"] is None:
            row["id"] = new_id(Kind.STAGE)
            continue
        where = ("input", "stages", str(place), "id")
        row["id"] = parse_id(row["id"], Kind.STAGE)
        if row["id"] not in before:
            raise NotFound(where)
        if row["id"] in kept:
            raise Invalid("The same stage stands here twice.", where)
        kept.add(row["id"])
    return kept


async def _used(deed: Deed, pipeline_id: UUID) -> set[UUID]:
    """The stages that an opportunity is in or was in. None can enter one meanwhile: that takes the pipeline, which is claimed."""
    found = await deed.rows(
        "SELECT s.id FROM stage s WHERE s.pipeline_id = $1 AND (EXISTS (SELECT FROM opportunity o WHERE o.stage_id = s.id)"
        " OR EXISTS (SELECT FROM stage_change c WHERE c.stage_id = s.id))",
        pipeline_id,
    )
    return {row["id"] for row in found}


def _told(stage: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": str(stage["id"]), "name": stage["name"], "probability": stage["probability"]}
