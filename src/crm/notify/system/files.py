"""Files that nobody needs any more."""

from __future__ import annotations

from crm.config import Settings
from crm.notify.timers import each
from crm.services.system.stored_files import sweep
from crm.store.blobs_of import blobs_of
from crm.store.database import Database

SWEEP_SECONDS = 3600.0


async def run(database: Database, settings: Settings) -> None:
    """Sweep every hour, until cancelled."""
    blobs = blobs_of(settings.files_url, settings.data_dir)
    await each("files", database, SWEEP_SECONDS, lambda opened: sweep(opened, blobs))
