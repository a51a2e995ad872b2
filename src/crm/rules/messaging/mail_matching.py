"""Whose an address may be (邮件匹配): exactly somebody's, or that of others at the same company, which is only a suggestion."""

from __future__ import annotations

from enum import StrEnum

PUBLIC = frozenset({
    "qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com", "vip.126.com", "yeah.net", "188.com",
    "sina.com", "sina.cn", "vip.sina.com", "sohu.com", "vip.sohu.com", "tom.com", "139.com", "189.cn", "wo.cn",
    "aliyun.com", "aliyun.cn", "21cn.com", "263.net", "263.net.cn", "2980.com", "3126.com", "chinaren.com", "citiz.net",
    "eyou.com", "xinhuanet.com", "gmail.com", "googlemail.com", "outlook.com", "outlook.cn", "hotmail.com", "hotmail.co.uk",
    "live.com", "live.cn", "msn.com", "msn.cn", "icloud.com", "me.com", "mac.com", "yahoo.com", "yahoo.cn", "yahoo.com.cn",
    "yahoo.com.hk", "yahoo.com.tw", "yahoo.co.jp", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com", "rocketmail.com",
    "aol.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.io", "mail.com", "gmx.com", "gmx.de",
    "gmx.net", "web.de", "t-online.de", "freenet.de", "mail.ru", "yandex.ru", "yandex.com", "inbox.ru", "list.ru", "bk.ru",
    "naver.com", "daum.net", "hanmail.net", "hinet.net", "pchome.com.tw", "seed.net.tw", "netvigator.com", "zoho.com",
    "fastmail.com", "hey.com", "orange.fr", "free.fr", "laposte.net", "libero.it", "comcast.net", "verizon.net", "att.net",
    "btinternet.com", "docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp",
})  # fmt: skip
"""Where everybody may have an address: that two have one there says nothing about them."""
_SHARED_ENDS = {"com", "net", "org", "gov", "edu", "ac", "co", "ne", "or", "go"}


class Reason(StrEnum):
    """Why somebody is suggested: 同一域名, 同一会话, 多个匹配."""

    SAME_ADDRESS = "SAME_ADDRESS"
    SAME_DOMAIN = "SAME_DOMAIN"
    SAME_THREAD = "SAME_THREAD"


class SuggestionState(StrEnum):
    """What people said of a suggestion: 待确认, 已接受, 已忽略."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DISMISSED = "DISMISSED"


ADDRESSES = frozenset(f"{entity}.emailAddresses" for entity in ("contact", "customer", "channel", "supplier"))
"""The fields that show an address. Whose it is would tell it to whoever is shown none of them."""
SCORES = {Reason.SAME_ADDRESS: 90, Reason.SAME_THREAD: 70, Reason.SAME_DOMAIN: 50}


def domain_of(address: str) -> str:
    """What is behind the last @, in small letters."""
    return address.rpartition("@")[2].lower().strip(".")


def tells_of(domain: str) -> bool:
    """Whether a domain is somebody's own, so that an address there tells of a company."""
    labels = domain.split(".")
    if len(labels) < 2 or domain in PUBLIC or any(domain.endswith(f".{each}") for each in PUBLIC):
        return False
    return not (len(labels) == 2 and labels[0] in _SHARED_ENDS and len(labels[1]) == 2)
