"""The fixture company's departments, people, roles, options and tags."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from tests.factories.company_people import DEPARTMENTS, PEOPLE, Person, upwards
from tests.factories.company_roles import ROLES
from tests.factories.company_rows import BASE, FUTURE, Company, department_id, key, record, role_id, user_id

from crm.access.loading import token_hash
from crm.core.ids import EVERYONE_ID
from crm.core.kinds import Kind
from crm.core.pinyin import name_key


def organisation(company: Company) -> None:
    company.add("rights_epoch", id=1, epoch=7, catalogue=UUID(int=16))
    company.add("principal", id=EVERYONE_ID, kind=int(Kind.EVERYONE))
    for name, parent in DEPARTMENTS.items():
        made = record(Kind.DEPARTMENT, name, deleted=name == "shut")
        head = user_id("chief") if name == "hq" else None
        company.add("department", **made, name=name, name_key=name_key(name), parent_id=department_id(parent), head_id=head)
        company.add("principal", id=department_id(name), kind=int(Kind.DEPARTMENT))
    for name, role in ROLES.items():
        deleted = name == "retired"
        company.add(
            "role",
            **record(Kind.ROLE, name, deleted=deleted),
            name=name,
            description=f"for {name}" if name != "agent" else None,
            cost_budget=None,
        )
        company.add("principal", id=role_id(name), kind=int(Kind.ROLE))
        for (entity, action), scope in role.grants.items():
            company.add(
                "role_grant",
                id=len(company.of("role_grant")) + 1,
                role_id=role_id(name),
                entity=entity,
                action=action,
                scope=scope,
            )
        for restriction, keys in (("HIDDEN", role.hidden), ("FROZEN", role.frozen)):
            for entity, _, name_of_field in (each.partition(".") for each in sorted(keys)):
                company.add(
                    "field_grant", id=len(company.of("field_grant")) + 1, role_id=role_id(name), entity=entity,
                    field=name_of_field, restriction=restriction,
                )  # fmt: skip
    for number, person in enumerate(PEOPLE.values()):
        _person(company, person, 1001 + number)
    company.add("role_member", id=len(company.of("role_member")) + 1, role_id=role_id("retired"), user_id=user_id("norole"))
    _closures(company)


def _person(company: Company, person: Person, extension: int) -> None:
    company.add(
        "user_account", **record(Kind.USER, person.name), username=person.name, display_name=f"{person.name.title()} Li",
        name_key=name_key(f"{person.name.title()} Li", person=True), kind=person.kind, active=person.active,
        email=f"{person.name}@crm.test", mobile=None if person.name == "norole" else f"+86139000{extension}",
        extension=str(extension), department_id=department_id(person.department),
        manager_id=None if person.manager is None else user_id(person.manager),
        channel_id=key(Kind.PARTY, "channel of outsider") if person.kind == "CHANNEL" else None,
        locale="zh-CN", time_zone="Asia/Shanghai", password_hash="-",
        quiet_from="22:00" if person.name == "agent" else None, quiet_until="07:00" if person.name == "agent" else None,
    )  # fmt: skip
    company.add("principal", id=user_id(person.name), kind=int(Kind.USER))
    for role in person.roles:
        company.add("role_member", id=len(company.of("role_member")) + 1, role_id=role_id(role), user_id=user_id(person.name))
    for place, token in enumerate((person.token, f"{person.token} on the phone")):
        at = BASE + timedelta(hours=place)
        company.add(
            "session", id=key(Kind.SESSION, token), user_id=user_id(person.name), token_hash=token_hash(token), created_at=at,
            last_seen_at=at, expires_at=FUTURE, revoked_at=None, address="192.0.2.7", user_agent="a browser",
        )  # fmt: skip


def _closures(company: Company) -> None:
    for name in PEOPLE:
        for depth, above in enumerate(upwards(name, {person.name: person.manager for person in PEOPLE.values()})):
            company.add("reporting_closure", superior_id=user_id(above), subordinate_id=user_id(name), depth=depth)
    for name in DEPARTMENTS:
        if name != "shut":
            for depth, above in enumerate(upwards(name, DEPARTMENTS)):
                company.add(
                    "department_closure", ancestor_id=department_id(above), descendant_id=department_id(name), depth=depth
                )


LISTS = {"customer_level": "level", "customer_type": "category", "customer_source": "source", "industry": "industry",
         "region": "region", "credit_grade": "credit_grade"}  # fmt: skip
OTHER_LISTS = (
    "call_disposition",
    "activity_outcome",
    "lost_reason",
    "won_reason",
    "hold_reason",
    "case_type",
    "channel_type",
    "supplier_type",
)


def options(company: Company) -> None:
    for code in (*LISTS, *OTHER_LISTS):
        company.add("dictionary", **record(Kind.DICTIONARY, code), code=code, name_zh=f"表 {code}", name_en=f"List {code}")
        for position, item in enumerate(("one", "two", "old", "binned")):
            parent = key(Kind.DICTIONARY_ITEM, f"{code} one") if item == "two" else None
            company.add(
                "dictionary_item", **record(Kind.DICTIONARY_ITEM, f"{code} {item}", deleted=item == "binned"),
                dictionary_id=key(Kind.DICTIONARY, code),
                code=item, label_zh=f"{item} 号", label_en=f"{code} {item}", position=position,
                colour="#1a2b3c" if item == "one" else None, active=item != "old", parent_id=parent,
            )  # fmt: skip
    for name in ("hot", "cold", "binned"):
        colour = "#ff0000" if name == "hot" else None
        company.add("tag", **record(Kind.TAG, name, deleted=name == "binned", author="manager"), name=name, colour=colour)
