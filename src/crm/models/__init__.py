"""Every row of the product. Foreign keys name their model as a string, so rooms need not import each other."""

from crm.models.customers.activity import Activity, ActivityParticipant
from crm.models.customers.contact import Contact
from crm.models.customers.party import Party
from crm.models.customers.reach import Address, EmailAddress, PhoneNumber
from crm.models.system.change import Change, IdempotencyKey
from crm.models.system.department import Department, DepartmentClosure
from crm.models.system.dictionary import Dictionary, DictionaryItem
from crm.models.system.role import FieldGrant, RightsEpoch, Role, RoleGrant, RoleMember
from crm.models.system.session import Session, SignInAttempt
from crm.models.system.share import Principal, Share
from crm.models.system.tag import RecordTag, Tag
from crm.models.system.user import ReportingClosure, User

__all__ = [
    "Activity",
    "ActivityParticipant",
    "Address",
    "Change",
    "Contact",
    "Department",
    "DepartmentClosure",
    "Dictionary",
    "DictionaryItem",
    "EmailAddress",
    "FieldGrant",
    "IdempotencyKey",
    "Party",
    "PhoneNumber",
    "Principal",
    "RecordTag",
    "ReportingClosure",
    "RightsEpoch",
    "Role",
    "RoleGrant",
    "RoleMember",
    "Session",
    "Share",
    "SignInAttempt",
    "Tag",
    "User",
]
