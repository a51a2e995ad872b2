"""What hangs on records of any kind: shares, tags put on, the change log, comments, files. Seen wherever the record is."""

from crm.access.branches import ViaRecord, visible
from crm.core.kinds import Kind
from crm.rules.system.comments import COMMENTED

share = visible("share", ViaRecord(owned=True), kind=Kind.SHARE, recycled=False)
record_tag = visible("record_tag", ViaRecord(owned=True, window=True), recycled=False)
change = visible("change", ViaRecord(owned=False), kind=Kind.CHANGE, recycled=False)
stored_file = visible("stored_file", ViaRecord(owned=True, beside=frozenset({Kind.EMAIL_MESSAGE})), kind=Kind.STORED_FILE)
comment = visible("comment", ViaRecord(owned=True, kinds=COMMENTED), kind=Kind.COMMENT, internal="internal")
