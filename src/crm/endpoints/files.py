"""`POST /files` takes a file, `GET /files/…` gives one to whoever has a link that is not over.

Rights are asked where a link is made, by the field `downloadPath`; the link itself is a signature over the file and its end, and
says nothing of who follows it. What comes out is never shown in a page of ours: an attachment, in a type that is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crm.config import Settings
from crm.core.errors import DomainError
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.endpoints.execution import Services
from crm.endpoints.graphql import token_of
from crm.endpoints.refusals import Refused, unauthenticated
from crm.rules.system.file_types import HEAD, settled, shown_name
from crm.services.deeds import StaleViewer, deed
from crm.services.system import stored_files
from crm.store.blobs import BlobStore, Draft, TooLarge, discard, received
from crm.store.blobs_of import blobs_of

PATH = "/files"
GONE = "There is no such file, or the link is over."

log = structlog.get_logger("crm.files")


def routes(settings: Settings) -> list[Route]:
    """Both ways, with the store of these settings."""
    files = Files(settings, blobs_of(settings.files_url, settings.data_dir))
    return [
        Route(PATH, files.upload, methods=["POST"]),
        Route(f"{PATH}/{{id}}/{{name:path}}", files.download, methods=["GET"]),
    ]


class BodyLimits:
    """No body is larger than may be: a file than a file may be, anything else than a request."""

    def __init__(self, app: ASGIApp, request: int, file: int) -> None:
        self.requests = RequestBodyLimitMiddleware(app, max_body_size=request)
        self.files = RequestBodyLimitMiddleware(app, max_body_size=file)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """By the path."""
        chosen = self.files if scope["type"] == "http" and scope["path"] == PATH else self.requests
        await chosen(scope, receive, send)


class Files:
    """The endpoint and where it keeps contents."""

    def __init__(self, settings: Settings, blobs: BlobStore) -> None:
        self.settings, self.blobs = settings, blobs
        self.largest = settings.file_megabytes * 1024 * 1024
        self.drafts = settings.data_dir / "files"

    async def upload(self, request: Request) -> Response:
        """The body is the file; `name` in the address and Content-Type say what it is called and taken for."""
        try:
            return await self._upload(request)
        except Refused as refusal:
            return _answer(refusal.status, refusal.body)
        except DomainError as error:
            return _answer(422, {"code": error.code, "message": error.message})

    async def _upload(self, request: Request) -> Response:
        services: Services = request.app.state.services
        token = token_of(request)
        viewer = None if token is None else await services.viewers.of(token)
        if viewer is None:
            raise unauthenticated("Sign in first.")
        try:
            name = shown_name(request.query_params.get("name", ""))
        except ValueError as error:
            raise Refused(400, str(error)) from None
        try:
            draft = await received(request.stream(), self.drafts, self.largest, HEAD)
        except TooLarge:
            raise Refused(413, f"A file has at most {self.settings.file_megabytes} MB.") from None
        try:
            media_type = _settled(name, request.headers.get("content-type", ""), draft)
            async with deed(services.database, viewer, _request_id(request)) as opened:
                key = await stored_files.upload(opened, self.blobs, draft, name, media_type)
        except StaleViewer:
            raise unauthenticated("Your session or your rights have changed. Ask again.") from None
        finally:
            discard(draft)
        told = {"id": str(key), "name": name, "mediaType": media_type, "size": draft.size, "sha256": draft.sha256}
        return _answer(201, told)

    async def download(self, request: Request) -> Response:
        """The content, whatever became of the rights of whoever made the link; not once the file was removed."""
        key = parse_id(request.path_params["id"], Kind.STORED_FILE)
        asked = request.query_params
        services: Services = request.app.state.services
        signed = key is not None and stored_files.is_signed(
            services.secret, key, asked.get("expires", ""), asked.get("signature", "")
        )
        file = await stored_files.named(services.database, key) if signed and key is not None else None
        if file is None:
            return _answer(404, {"message": GONE})
        pieces = self.blobs.read(file["sha256"])
        try:
            first = await anext(pieces, b"")
        except FileNotFoundError:
            log.warning("a content is missing", file=str(key), sha256=file["sha256"])
            return _answer(404, {"message": GONE})

        async def content() -> Any:
            yield first
            async for piece in pieces:
                yield piece

        return StreamingResponse(content(), headers=_headers(file))


def _settled(name: str, declared: str, draft: Draft) -> str:
    if not draft.size:
        raise Refused(400, "The file is empty.")
    try:
        return settled(name, declared, draft.head)
    except ValueError as error:
        raise Refused(415, str(error)) from None


def _headers(file: Mapping[str, Any]) -> dict[str, str]:
    return {
        "content-type": file["media_type"], "content-length": str(file["size"]), "x-content-type-options": "nosniff",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}",
        "content-security-policy": "sandbox; default-src 'none'", "cache-control": "private, no-store",
        "etag": f'"{file["sha256"]}"', "cross-origin-resource-policy": "same-site", "referrer-policy": "no-referrer",
    }  # fmt: skip


def _request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def _answer(status: int, told: object) -> Response:
    return Response(orjson.dumps(told), status, media_type="application/json")
