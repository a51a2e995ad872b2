"""Who may what: per room the `visible` declarations, grants, viewers, and the one SQL renderer for rights.

Decisions about rights are made here and nowhere else. Importing the package declares the rules of all rooms.
"""

from crm.access.customers import activity, contact, party, reach  # noqa: F401 -- importing declares
from crm.access.system import options, organisation, trails  # noqa: F401 -- importing declares
