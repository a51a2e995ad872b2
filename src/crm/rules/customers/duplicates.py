"""When two records are taken for the same one (查重), and what is done about it by which way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class DuplicateSubject(StrEnum):
    """查重对象. Of what a policy is."""

    PARTY = "PARTY"  # 往来单位
    CONTACT = "CONTACT"  # 联系人


class DuplicateCriterion(StrEnum):
    """查重依据. What can be the same."""

    NAME = "NAME"  # 名称
    CREDIT_CODE = "CREDIT_CODE"  # 统一社会信用代码
    PHONE = "PHONE"  # 电话
    EMAIL = "EMAIL"  # 电子邮件


class EntryPoint(StrEnum):
    """录入途径. The way by which a record comes in."""

    FORM = "FORM"  # 表单
    IMPORT = "IMPORT"  # 导入
    TELEPHONY = "TELEPHONY"  # 来电
    OTHER = "OTHER"  # 其他


class DuplicateAction(StrEnum):
    """查重处理. What is done: it is refused, done and told, or done without a word."""

    BLOCK = "BLOCK"  # 禁止
    WARN = "WARN"  # 提醒
    ALLOW = "ALLOW"  # 允许


COLUMNS = {
    DuplicateCriterion.NAME: "name",
    DuplicateCriterion.CREDIT_CODE: "credit_code",
    DuplicateCriterion.PHONE: "phone",
    DuplicateCriterion.EMAIL: "email",
}
"""Where a policy keeps its action for each criterion."""

FIELDS = {
    DuplicateCriterion.NAME: "name",
    DuplicateCriterion.CREDIT_CODE: "creditCode",
    DuplicateCriterion.PHONE: "phoneNumbers",
    DuplicateCriterion.EMAIL: "emailAddresses",
}
"""Which field of a record each criterion looks at: whoever may not see that field is not told that it is the same."""

_WAYS = {"API": EntryPoint.FORM, "IMPORT": EntryPoint.IMPORT, "TELEPHONY": EntryPoint.TELEPHONY}


def entry_point(channel: str) -> EntryPoint:
    """By which way a change comes in that came through this channel."""
    return _WAYS.get(channel, EntryPoint.OTHER)


def default_action(subject: DuplicateSubject, way: EntryPoint, criterion: DuplicateCriterion) -> DuplicateAction:
    """What a new organisation does: a credit code belongs to one organisation, all else happens to be the same at times.

    People have no credit code. What comes in by other ways (jobs, web forms to come) has nobody who could be told.
    """
    if criterion is DuplicateCriterion.CREDIT_CODE:
        return DuplicateAction.BLOCK if subject is DuplicateSubject.PARTY else DuplicateAction.ALLOW
    return DuplicateAction.ALLOW if way is EntryPoint.OTHER else DuplicateAction.WARN


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One value of a record by which it can be found to be another: a name without its legal form, a number in E.164."""

    criterion: DuplicateCriterion
    value: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class Same:
    """A value that is the same as one of another record."""

    key: Key
    action: DuplicateAction


def fresh(keys: Iterable[Key], before: Iterable[Key]) -> list[Key]:
    """The keys that a change brings: what was there already is not judged anew, wherever in its list it stands now."""
    known = {(key.criterion, key.value) for key in before}
    return [key for key in keys if (key.criterion, key.value) not in known]


def judged(keys: Iterable[Key], policy: Mapping[str, str]) -> list[Same]:
    """The keys that matter under a policy (a row of it), with what it says of each."""
    told = [Same(key, DuplicateAction(policy[COLUMNS[key.criterion]])) for key in keys]
    return [each for each in told if each.action is not DuplicateAction.ALLOW]
