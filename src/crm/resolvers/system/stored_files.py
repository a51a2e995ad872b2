"""What can be done with files (文件). They are read with their record, and uploaded by `POST /files`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, plain_input
from crm.schema.system.stored_file import FileAttachInput, StoredFilePayload
from crm.services.deeds import Deed
from crm.services.system import stored_files


@strawberry.type
class StoredFileMutation:
    """Putting files to records, and taking them off."""

    @command("*.update", StoredFilePayload, "Put a file that one has uploaded to a record that one may change (添加附件).")
    async def file_attach(deed: Deed, input: FileAttachInput) -> UUID:
        """Each uploaded file once."""
        return await stored_files.attach(deed, plain_input(input))

    @command("*.update", StoredFilePayload, "Take a file off a record that one may change (删除附件).")
    async def file_remove(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: it is not shown any more."""
        return await stored_files.remove(deed, id)
