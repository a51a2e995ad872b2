"""Files on records."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.types import Info

from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.schema.system.record import Node
from crm.services.system.stored_files import link


@noun(
    "stored_file",
    order="-created_at",
    description="A file that somebody put to a record (相关文档). Whoever sees the record sees it.",
)
class StoredFile(Node):
    """文件."""

    name: str = column("Its name (文件名).")
    media_type: str = column("What it is, by its bytes (类型).")
    size: int = column("Its bytes (大小).")
    sha256: str = column("The SHA-256 of its bytes (校验和).", filterable=False)
    created_at: datetime = column("When it was uploaded (上传时间).", sort=True)
    author = related("system.User", "author_id", "Who uploaded it (上传人).", card=True)

    @computed("A path that downloads it, for anybody and for ten minutes (下载链接).", needs=("name",))
    def download_path(root: Row, info: Info) -> str:
        """Made anew each time it is asked for, which is when the rights are looked at."""
        return link(info.context.services.secret, root.id, root.record["name"])


StoredFileFilter = filter_of(StoredFile)
StoredFileOrder = order_of(StoredFile)
StoredFilePayload = payload_of(StoredFile)


@strawberry.input(description="Which file is put to which record.")
class FileAttachInput:
    """添加附件."""

    file_id: strawberry.ID = strawberry.field(description="What `POST /files` answered: a file of the viewer's own upload.")
    record_id: strawberry.ID = strawberry.field(description="A record that the viewer may change.")
    name: strawberry.Maybe[str] = strawberry.field(description="Another name for it.")
