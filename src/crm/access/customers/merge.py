"""Merges: wherever the record is visible that stands for both."""

from crm.access.branches import ViaRecord, visible
from crm.core.kinds import Kind

merge = visible("merge", ViaRecord(owned=True), kind=Kind.MERGE, gated=False, recycled=False)
