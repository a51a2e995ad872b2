"""Every setting: an environment variable CRM_…, or a line in `.env`.

A wrong one stops start-up with its name and what it should be.
The description of a field is what the person at the command line reads, so it says what is expected.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "CRM_"
SECRET_BYTES = 32
SHORTEST_SECRET = 32
SHORTEST_HOOK_SECRET = 16
LEAST_BUDGET, MOST_BUDGET = 1_000, 1_000_000_000
"""Between these lies what one operation may cost. With less than the least nobody could sign out any more."""
SOURCE = re.compile(r"[A-Za-z0-9._-]{1,40}")
# Values that must not appear in a message, whatever is wrong with them.
SECRETS = {
    "secret_key",
    "hook_secrets",
    "database_url",
    "redis_url",
    "smtp_url",
    "imap_url",
    "sms_url",
    "sms_secret",
    "ami_url",
    "esl_url",
}

Introspection = Literal["everyone", "signed_in", "nobody"]


class SettingError(Exception):
    """One setting is wrong or missing; the text names it and says what was expected."""


class HookMap(BaseModel):
    """How a source says what the webhook asks for: like one that is built in, with names and words of its own beside that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    like: Literal["plain", "twilio", "list-utc8"] = "plain"
    fields: dict[str, str] = {}
    states: dict[str, Literal["ringing", "answered", "held", "transferred", "ended", "missed"]] = {}
    directions: dict[str, Literal["inbound", "outbound", "internal"]] = {}
    zone: str = Field("", pattern=r"^([+-]\d\d:[0-5]\d|[A-Z][A-Za-z_]+(/[A-Za-z_+-]+)*)?$")
    listed: str = ""


class Settings(BaseSettings):
    """What an installation can choose. Made once, at start-up, by `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str | None = Field(None, description="an address like postgresql://user:password@host/name")
    redis_url: str | None = Field(None, description="an address like redis://host:6379/0")
    redis_history: int = Field(10_000, ge=100, le=1_000_000, description="a whole number of events from 100 to 1000000")
    secret_key: SecretStr | None = Field(None, description=f"at least {SHORTEST_SECRET} random characters")
    data_dir: Path = Field(Path(".crm"), description="a folder")
    database_pool: int = Field(10, ge=2, le=500, description="a whole number of connections from 2 to 500")
    request_seconds: float = Field(20, ge=0.1, le=600, description="a number of seconds from 0.1 to 600")
    session_days: int = Field(30, ge=1, le=3650, description="a whole number of days from 1 to 3650")

    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins separated by commas, like https://crm.example.com"
    )
    introspection: Introspection = Field("signed_in", description="everyone, signed_in or nobody")
    cost_budget: int = Field(
        100_000, ge=LEAST_BUDGET, le=MOST_BUDGET, description=f"a whole number from {LEAST_BUDGET} to {MOST_BUDGET}"
    )
    documents: Path | None = Field(
        None, description="the path of a JSON file, an object from hash to GraphQL document as clients' build tools write it"
    )
    plans: bool = Field(default=True, description="true or false")
    ide: bool = Field(default=False, description="true or false")
    log_format: Literal["json", "console"] = Field("json", description="json or console")

    smtp_url: str | None = Field(None, description="an address like smtp://user:password@host:587")
    imap_url: str | None = Field(None, description="an address like imaps://user:password@host/INBOX")
    sms_driver: Literal["file", "console", "http", "smpp"] = Field("file", description="file, console, http or smpp")
    sms_url: str | None = Field(None, description="an address like https://host/path or smpp://user:password@host:2775")
    sms_secret: SecretStr | None = Field(None, description="the text your SMS provider shares with you")
    files_url: str | None = Field(None, description="an address like s3://bucket/folder")
    file_megabytes: int = Field(50, ge=1, le=2000, description="a whole number of megabytes from 1 to 2000")
    public_url: str | None = Field(None, description="the address people reach this by, like https://crm.example.com")
    private_peers: bool = Field(default=False, description="true or false")
    ami_url: str | None = Field(None, description="an address like ami://user:password@host:5038")
    esl_url: str | None = Field(None, description="an address like esl://:password@host:8021")
    hook_secrets: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description='a JSON object from source to a secret of at least 16 characters, like {"pbx": "…"}; '
        "a source has 1 to 40 letters, digits, dots, hyphens and underscores, and is not called ami or esl beside such a gateway",
    )

    hook_maps: Annotated[dict[str, HookMap], NoDecode] = Field(
        default_factory=dict,
        description='a JSON object from source to plain, twilio, list-utc8 or an object like {"like": "plain", "fields": {…}}',
    )

    default_region: str = Field("CN", pattern="^[A-Z]{2}$", description="a country code of two capital letters, like CN")
    default_area_code: str = Field("", pattern="^[0-9]{0,5}$", description="an area code of at most 5 digits, like 0571")
    timezone: str = Field("Asia/Shanghai", description="the name of a time zone, like Asia/Shanghai")

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        origins = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if any(urlsplit(origin).scheme not in ("http", "https") or not urlsplit(origin).hostname for origin in origins):
            raise ValueError
        return tuple(origin.rstrip("/") for origin in origins)

    @field_validator("hook_secrets", "hook_maps", mode="before")
    @classmethod
    def _decode(cls, value: Any, info: Any) -> Any:
        found = json.loads(value) if isinstance(value, str) else value
        if info.field_name == "hook_maps" and isinstance(found, dict):
            return {name: {"like": each} if isinstance(each, str) else each for name, each in found.items()}
        return found

    @field_validator("hook_maps")
    @classmethod
    def _zones(cls, value: dict[str, HookMap]) -> dict[str, HookMap]:
        for each in value.values():
            if each.zone and each.zone[0] not in "+-":
                cls._zone(each.zone)
        return value

    @field_validator("hook_secrets")
    @classmethod
    def _worth_keeping(cls, value: dict[str, SecretStr], info: Any) -> dict[str, SecretStr]:
        # Two tellers of one name would each find the other's calls gone.
        if any(name in value and info.data.get(f"{name}_url") for name in ("ami", "esl")):
            raise ValueError
        # An empty one, such as a variable that was never set, would let everybody in.
        if any(
            len(secret.get_secret_value()) < SHORTEST_HOOK_SECRET or not SOURCE.fullmatch(name) for name, secret in value.items()
        ):
            raise ValueError
        return value

    @field_validator("database_url", "redis_url", "smtp_url", "imap_url", "sms_url", "ami_url", "esl_url", "public_url")
    @classmethod
    def _address(cls, value: str | None, info: Any) -> str | None:
        if value and urlsplit(value).scheme not in SCHEMES[info.field_name]:
            raise ValueError
        if value:
            _ = urlsplit(value).port  # raises for a port that is no number
        if value and info.field_name in ("ami_url", "esl_url"):
            _check_dialling(parse_qs(urlsplit(value).query, strict_parsing=bool(urlsplit(value).query)))
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, LookupError) as error:
            raise ValueError from error
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError
        return value

    @field_validator("documents")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                read_documents(value)
            except OSError as error:
                raise ValueError from error
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def switchboard(self) -> str | None:
        """The source of the switchboard that dials for people: Asterisk where it is set, else FreeSWITCH."""
        return "ami" if self.ami_url else "esl" if self.esl_url else None

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one in `data_dir`."""
        return self.database_url is None


DIALLING = {
    "channel": re.compile(r"[^\s,;&|]*\{extension\}[^\s,;&|]*"),
    "context": re.compile(r"[A-Za-z0-9_.-]+"),
    "prefix": re.compile(r"[0-9]{0,6}"),
}
"""What the address of a switchboard may say of how it dials, and what that may be: it becomes part of a command."""


def _check_dialling(given: dict[str, list[str]]) -> None:
    if not all(name in DIALLING and DIALLING[name].fullmatch(value) for name, values in given.items() for value in values):
        raise ValueError


SCHEMES = {
    "database_url": {"postgresql", "postgres"},
    "redis_url": {"redis", "rediss", "unix", "valkey", "valkeys"},
    "smtp_url": {"smtp", "smtps"},
    "imap_url": {"imap", "imaps"},
    "sms_url": {"http", "https", "smpp", "smpps"},
    "ami_url": {"ami"},
    "esl_url": {"esl"},
    "public_url": {"https", "http"},
}


def read_documents(path: Path) -> dict[str, str]:
    """The documents of a file, by hash; raises `ValueError` or `OSError` for one that is no such list.

    It is an object from hash to text, as graphql-codegen and Relay write it, or Apollo's manifest, which has the same in a list.
    """
    found: Any = json.loads(path.read_bytes())
    if isinstance(found, dict) and found.get("format") == "apollo-persisted-query-manifest":
        entries = found.get("operations")
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError("no operations")
        found = {str(entry.get("id")): entry.get("body") for entry in entries}
    if not isinstance(found, dict) or not found or not all(isinstance(text, str) and text.strip() for text in found.values()):
        raise ValueError("not an object from hash to document")
    return found


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` win over the environment."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingError(_explain(error)) from None
    except UnicodeDecodeError as error:
        raise SettingError(".env is not UTF-8 text: save it again as UTF-8.") from error


def with_secret_key(settings: Settings) -> Settings:
    """The same settings with a key: the embedded database's lies beside it and is made on first use."""
    if settings.secret_key:
        return settings
    if not settings.embedded:
        raise SettingError(f"{PREFIX}SECRET_KEY is required with {PREFIX}DATABASE_URL: {_expected('secret_key')}.")
    return settings.model_copy(update={"secret_key": SecretStr(kept_secret(settings.data_dir, "secret-key"))})


def kept_secret(folder: Path, name: str) -> str:
    """A random text kept in a file only its owner can read; made when it is not there."""
    path = folder / name
    try:
        if path.exists():
            return path.read_text().strip()
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        value = secrets.token_urlsafe(SECRET_BYTES)
        draft = path.with_name(f".{name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)
        draft.replace(path)  # never half a secret, whenever we are killed
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(f"{folder} is not writable ({error.strerror}): set {PREFIX}DATA_DIR to a folder of yours.") from error


def _explain(error: ValidationError) -> str:
    """The first thing wrong, in one line."""
    problem = error.errors(include_url=False)[0]
    field = str(problem["loc"][0]) if problem["loc"] else "settings"
    given = problem["input"]
    shown = "" if field in SECRETS or not isinstance(given, str | int | float) else f", not {str(given)[:80]!r}"
    return f"{PREFIX}{field.upper()} should be {_expected(field)}{shown}."


def _expected(field: str) -> str:
    return Settings.model_fields[field].description or "something else"
