"""A wrong setting stops start-up with its name and what was expected, and never shows a secret."""

from __future__ import annotations

import stat

import pytest
from pydantic import SecretStr

from crm.config import PREFIX, SettingError, Settings, kept_secret, load_settings, with_secret_key


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_nothing_set_is_a_working_embedded_installation(tmp_path):
    settings = load_settings()
    assert settings.embedded
    assert settings.data_dir == tmp_path / ".crm"
    assert settings.introspection == "signed_in"
    assert settings.ide is False
    assert settings.session_days == 30
    assert settings.timezone == "Asia/Shanghai"
    assert settings.default_region == "CN"


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("CRM_SESSION_DAYS=7\nCRM_TIMEZONE=UTC\nOTHER=1\n")
    monkeypatch.setenv("CRM_SESSION_DAYS", "9")
    settings = load_settings()
    assert (settings.session_days, settings.timezone) == (9, "UTC")


def test_lists_and_objects_are_read(monkeypatch):
    monkeypatch.setenv("CRM_ALLOWED_ORIGINS", "https://a.example, http://localhost:3000/")
    monkeypatch.setenv("CRM_HOOK_SECRETS", '{"pbx": "a secret of the switchboard"}')
    settings = load_settings()
    assert settings.allowed_origins == ("https://a.example", "http://localhost:3000")
    assert settings.hook_secrets["pbx"].get_secret_value() == "a secret of the switchboard"


WRONG = {
    "SESSION_DAYS": ("soon", "a whole number of days from 1 to 3650, not 'soon'"),
    "DATABASE_POOL": ("1", "a whole number of connections from 2 to 500, not '1'"),
    "DATABASE_URL": ("mysql://u:hidden@h/d", "an address like postgresql://user:password@host/name"),
    "REDIS_URL": ("localhost", "an address like redis://host:6379/0"),
    "SECRET_KEY": ("hidden", "at least 32 random characters"),
    "ALLOWED_ORIGINS": ("crm.example.com", "origins separated by commas, like https://crm.example.com, not 'crm.example.com'"),
    "INTROSPECTION": ("me", "everyone, signed_in or nobody, not 'me'"),
    "IDE": ("perhaps", "true or false, not 'perhaps'"),
    "LOG_FORMAT": ("xml", "json or console, not 'xml'"),
    "HOOK_SECRETS": (
        '{"pbx": hidden',
        (
            'a JSON object from source to a secret of at least 16 characters, like {"pbx": "…"}; '
            "a source has 1 to 40 letters, digits, dots, hyphens and underscores, "
            "and is not called ami or esl beside such a gateway"
        ),
    ),
    **{
        f"AMI_URL {what}": (f"ami://u:hidden@h?{value}", "an address like ami://user:password@host:5038")
        for what, value in {
            "unknown option": "colour=red",
            "channel without extension": "channel=PJSIP/1001",
            "channel that dials two": "channel=PJSIP/{extension}%26Local/9",
            "context with a comma": "context=a,b",
            "prefix of letters": "prefix=x",
        }.items()
    },
    "DEFAULT_REGION": ("china", "a country code of two capital letters, like CN, not 'china'"),
    "DEFAULT_AREA_CODE": ("abc", "an area code of at most 5 digits, like 0571, not 'abc'"),
    "TIMEZONE": ("Mars/Base", "the name of a time zone, like Asia/Shanghai, not 'Mars/Base'"),
    "SMTP_URL": ("http://u:hidden@h", "an address like smtp://user:password@host:587"),
    "IMAP_URL": ("imap", "an address like imaps://user:password@host/INBOX"),
    "AMI_URL": ("ami://h:port", "an address like ami://user:password@host:5038"),
    "ESL_URL": ("esl", "an address like esl://:password@host:8021"),
    "SMS_DRIVER": ("pigeon", "file, console, http or smpp, not 'pigeon'"),
    "SMS_URL": ("smtp://h", "an address like https://host/path or smpp://user:password@host:2775"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_with_what_was_expected(name, monkeypatch):
    value, expected = WRONG[name]
    name = name.partition(" ")[0]
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingError) as refusal:
        load_settings()
    assert str(refusal.value) == f"{PREFIX}{name} should be {expected}."
    assert "hidden" not in str(refusal.value)


def test_every_setting_says_what_it_expects():
    assert {name for name, field in Settings.model_fields.items() if not field.description} == set()


def test_the_embedded_database_keeps_a_key_of_its_own(tmp_path):
    first = with_secret_key(load_settings())
    assert isinstance(first.secret_key, SecretStr)
    assert len(first.secret_key.get_secret_value()) >= 32
    assert stat.S_IMODE((tmp_path / ".crm" / "secret-key").stat().st_mode) == 0o600
    assert with_secret_key(load_settings()).secret_key == first.secret_key


def test_a_database_elsewhere_needs_a_key_that_all_processes_know(monkeypatch):
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://h/d")
    with pytest.raises(SettingError, match="CRM_SECRET_KEY is required with CRM_DATABASE_URL"):
        with_secret_key(load_settings())


def test_a_folder_that_cannot_hold_the_key_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="is not writable .*CRM_DATA_DIR"):
        kept_secret(tmp_path / "file", "secret-key")


GOOD = "a secret of the switchboard"


@pytest.mark.parametrize("secrets", ['{"pbx": ""}', '{"pbx": "fifteen letters"}', f'{{"": "{GOOD}"}}', f'{{"a/b": "{GOOD}"}}'])
def test_a_hook_secret_that_anybody_could_guess_is_refused(monkeypatch, secrets):
    monkeypatch.setenv("CRM_HOOK_SECRETS", secrets)
    with pytest.raises(SettingError) as refused:
        load_settings(_env_file=None)
    assert "CRM_HOOK_SECRETS" in str(refused.value)
    assert "switchboard" not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        "[]", "{", '{"pbx": "unheard-of"}', '{"pbx": {"colour": {}}}', '{"pbx": {"states": {"x": "dancing"}}}',
        '{"pbx": {"zone": "Mars/Base"}}', '{"pbx": {"zone": "8"}}',
    ],
)  # fmt: skip
def test_a_map_that_is_none_stops_start_up(given, monkeypatch):
    monkeypatch.setenv("CRM_HOOK_MAPS", given)
    with pytest.raises(SettingError, match="^CRM_HOOK_MAPS should be a JSON object from source to plain, twilio, list-utc8 or"):
        load_settings()


def test_a_webhook_is_not_called_like_a_gateway_that_is_there(monkeypatch):
    monkeypatch.setenv("CRM_HOOK_SECRETS", '{"ami": "a secret of the switchboard"}')
    assert set(load_settings(esl_url="esl://:p@h").hook_secrets) == {"ami"}
    with pytest.raises(SettingError, match="^CRM_HOOK_SECRETS should be"):
        load_settings(ami_url="ami://u:p@h")
