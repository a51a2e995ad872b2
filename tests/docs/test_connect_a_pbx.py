"""The configuration in the guide to switchboards fits together: what one file names, another one has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from tests.docs.blocks import Block, blocks

from crm.config import Settings
from crm.endpoints.hooks.field_maps import field_map
from crm.notify.gateways.ami.client import CHANNEL, CONTEXT
from crm.notify.gateways.esl.client import CHANNEL as USER
from crm.notify.gateways.esl.client import CONTEXT as DEFAULT

GUIDE = Path(__file__).parents[2] / "docs/guides/connect-a-pbx.md"
BLOCKS = list(blocks(GUIDE))
FILES = {block.title: block for block in BLOCKS if block.title}


def sections(title: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Sections of one of Asterisk's files; one name may stand for several."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in FILES[title].body.splitlines():
        if head := re.match(r"\[([\w-]+)\]", line):
            found.append((head[1], []))
        elif line.strip():
            name, _, value = line.partition("=")
            found[-1][1].append((name.strip(), value.removeprefix(">").strip()))
    return found


def exported(name: str) -> str:
    text = "".join(block.body for block in BLOCKS if block.language == "sh")
    found = re.search(rf"export {name}='([^']+)'", text)
    assert found, name
    return found[1]


def test_asterisk_lets_us_in_as_the_setting_says():
    address = urlsplit(Settings(_env_file=None, ami_url=exported("CRM_AMI_URL")).ami_url or "")
    files = {name: dict(lines) for name, lines in sections("manager.conf")}
    user = files[address.username or ""]
    assert (user["secret"], files["general"]["port"]) == (address.password, str(address.port))
    assert {"call", "agent"} <= set(user["read"].split(","))
    assert {"originate", "reporting"} <= set(user["write"].split(","))
    assert files["general"]["timestampevents"] == "yes"


def test_asterisk_rings_telephones_that_there_are():
    endpoints = {name for name, lines in sections("pjsip.conf") if ("type", "endpoint") in lines}
    named = [name for name, _ in sections("pjsip.conf")]
    contexts = [name for name, _ in sections("extensions.conf")]
    ((_, queue),) = sections("queues.conf")
    members = [value.removeprefix("PJSIP/") for name, value in queue if name == "member"]
    assert members == ["1001", "1002"]
    assert dict(queue)["strategy"] == "ringall"
    assert "trunk" in endpoints
    assert set(members) <= set(named)
    assert {value for _, lines in sections("pjsip.conf") for name, value in lines if name == "context"} == set(contexts)
    assert CONTEXT in contexts
    plan = FILES["extensions.conf"].body
    assert f"Dial({CHANNEL.replace('{extension}', '${EXTEN}')},30)" in plan
    assert re.findall(r"Queue\((\w+),", plan) == ["hotline", "hotline"]


def test_freeswitch_lets_us_in_and_rings_both():
    address = urlsplit(Settings(_env_file=None, esl_url=exported("CRM_ESL_URL")).esl_url or "")
    file = ET.fromstring(FILES["autoload_configs/event_socket.conf.xml"].body)
    told = {each.get("name"): each.get("value") for each in file.iter("param")}
    assert (told["password"], told["listen-port"]) == (address.password, str(address.port))
    hotline = ET.fromstring(FILES["dialplan/public/hotline.xml"].body)
    bridged = [each.get("data") for each in hotline.iter("action") if each.get("application") == "bridge"]
    assert bridged == [",".join(USER.replace("{extension}", each) for each in ("1001", "1002"))]
    outside = ET.fromstring(FILES[f"dialplan/{DEFAULT}/outside.xml"].body)
    (condition,) = outside.iter("condition")
    pattern = re.compile(condition.get("expression") or "")
    assert all(pattern.fullmatch(number) for number in ("057187654321", "13912345678", "0016502530000"))
    assert not pattern.fullmatch("1002")


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "json"], ids=str)
def test_maps_are_what_the_setting_takes(block: Block):
    given = json.loads(block.body)
    settings = Settings(_env_file=None, hook_maps=given)
    assert {each.like for each in settings.hook_maps.values()} == {"list-utc8", "twilio", "plain"}
    own = field_map(settings.hook_maps["berlin"])
    event = own.event({"Id": "1", "Event": "RING", "Way": "i", "Caller": "1", "Called": "2", "When": "2026-07-01 09:00:00"})
    assert event
    assert (event["state"], event["direction"], event["at"]) == ("ringing", "inbound", "2026-07-01T09:00:00+02:00")


def test_twilio_is_answered_with_addresses_that_name_agents():
    names = [each.text for each in ET.fromstring(FILES["twiml.xml"].body).iter() if each.tag in ("Sip", "Client")]
    assert names == ["sip:1001@pbx.example.com", "1002"]
