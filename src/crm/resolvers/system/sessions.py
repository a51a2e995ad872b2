"""Signing in and out, `me`, and `accessOf`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.access.branches import rule_of_kind
from crm.access.explain import explain
from crm.access.grants import SIGNED_IN, STAFF_ONLY, Action
from crm.access.loading import load_by_user
from crm.core.errors import DomainError, RecordNotFound, Unauthenticated
from crm.core.ids import kind_of, parse_id
from crm.core.kinds import Kind
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import noun_named, noun_of_record
from crm.graph.payloads import Done, refused
from crm.resolvers.permissions import directive_of
from crm.resolvers.verbs import command, find, query
from crm.schema.system.access import AccessAnswer, AccessCause, AccessReason
from crm.schema.system.me import Me
from crm.schema.system.principal import principal
from crm.schema.system.session import SessionPayload
from crm.schema.system.sign_in import SignInInput, SignInPayload
from crm.schema.system.user import UserPayload
from crm.services.deeds import Deed
from crm.services.system import sessions, users


@strawberry.type
class SessionQuery:
    """The viewer and their rights."""

    @query(SIGNED_IN, "The person who is signed in (我).")
    async def me(operation: Operation) -> Me:
        """One's own user row, whatever one's roles grant."""
        row = await reads.one(operation, noun_named("User"), operation.viewer.id, card=True)  # type: ignore[arg-type]
        if row is None:
            raise Unauthenticated
        return Me(row=row)

    @query(STAFF_ONLY, "What somebody may do with a record, and why (权限说明). Of others than oneself only with `role.read`.")
    async def access_of(operation: Operation, record_id: strawberry.ID, user_id: strawberry.ID) -> list[AccessAnswer]:
        """For records that have an owner and that the viewer may see."""
        return await _answers(operation, record_id, user_id)


@strawberry.type
class SessionMutation:
    """Signing in and out."""

    @strawberry.mutation(description="Open a session (登录).", directives=[directive_of(None)])
    async def sign_in(self, info: Info, input: SignInInput) -> SignInPayload:
        """A wrong name and a wrong password answer alike; too many failures answer RATE_LIMITED."""
        operation: Operation = info.context
        operation.wrote = True
        request, lifetime = operation.request, timedelta(days=operation.services.session_days)
        try:
            opened = await sessions.sign_in(
                operation.services.database, input.username, input.password, request.address, request.user_agent, lifetime
            )
        except DomainError as error:
            return SignInPayload(user_errors=refused(error).user_errors)
        viewer = await operation.services.viewers.load(opened.token)
        if viewer is not None:
            operation.viewer = viewer
            operation.forget()
        return SignInPayload(token=opened.token, expires_at=opened.expires_at, user_id=opened.user_id)

    @command(SIGNED_IN, SessionPayload, "End this session (退出).")
    async def sign_out(deed: Deed) -> Done:
        """Its token is worth nothing from now on, so the payload's session is null: nobody is left to read it."""
        await sessions.sign_out(deed)
        return Done()

    @command(SIGNED_IN, SessionPayload, "End one of one's own sessions (结束会话), on a device that was lost, say.")
    async def session_revoke(deed: Deed, id: strawberry.ID) -> Done:
        """Another's session, or one that has ended, answers NOT_FOUND. For the session in use it is the same as signing out."""
        ended = await sessions.revoke(deed, id)
        return Done() if ended == deed.viewer.session else Done(id=ended)

    @command(SIGNED_IN, UserPayload, "Change one's own password (修改密码). All other sessions of one's own end.")
    async def password_change(deed: Deed, current: str, password: str) -> UUID:
        """The current one must be given."""
        return await users.change_password(deed, current, password)


async def _answers(operation: Operation, record_id: str, user_id: str) -> list[AccessAnswer]:
    key, user = parse_id(record_id), parse_id(user_id, Kind.USER)
    entry = noun_of_record(key) if key is not None else None
    if key is None or user is None or entry is None or not entry.rule.owned:
        raise RecordNotFound
    row: Any = await find(operation, entry, record_id)
    if row is None or not _may_ask(operation, user):
        raise RecordNotFound
    rule, entity = rule_of_kind(kind_of(key) or Kind.PARTY), row.noun.entity
    assert rule is not None
    key = row.id  # of what was merged, the record that stands for it
    async with operation.database.connection() as connection:
        subject = await load_by_user(connection, user)
        if subject is None:
            raise RecordNotFound
        return [
            _answer(action, subject.rights.allows(entity, action), await explain(connection, rule, entity, key, subject, action))
            for action in Action
            if action in rule.actions and action is not Action.CREATE
        ]


def _may_ask(operation: Operation, user: UUID) -> bool:
    """Of oneself and of one's subordinates always; of others with the right to read roles."""
    return user in operation.viewer.staff or operation.rights.holds("role.read")


def _answer(action: Action, gate: bool, reasons: Any) -> AccessAnswer:
    told = [
        AccessReason(
            cause=AccessCause(reason.cause),
            scope=reason.scope,
            principal=None if reason.principal is None else principal(reason.principal),
        )
        for reason in reasons
    ]
    return AccessAnswer(action=action, gate=gate, allowed=bool(told), reasons=told)
