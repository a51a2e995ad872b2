"""Names of people and companies, in Chinese and in English, with what follows from a name."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from crm.cli.synthetic import words
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.words import City
from crm.core.pinyin import name_key

INDUSTRIES = tuple(words.BUSINESSES)
CATEGORIES = weighted(enterprise=80, dealer=8, education=5, government=4, individual=3)


class Named(NamedTuple):
    """A party by name. `domain` is what its web and e-mail addresses end in; `english` decides the language of all about it."""

    name: str
    short: str | None
    domain: str
    category: str
    industry: str
    english: bool


def party_name(dice: Dice, city: City) -> Named:
    """The name of a company, school, office or person of that city."""
    if city.country != "CN":
        return _english_company(dice)
    category = dice.pick(CATEGORIES)
    match category:
        case "education":
            return _public_body(dice, city, category, "education", dice.pick(words.SCHOOLS))
        case "government":
            return _public_body(dice, city, category, "services", dice.pick(words.OFFICES))
        case "individual":
            name = person_name(dice, english=False)
            return Named(name, None, f"{_spelled(name)}.example", category, dice.pick(INDUSTRIES), english=False)
    industry = dice.pick(INDUSTRIES)
    business = dice.pick(words.BUSINESSES[industry])[0]
    brand = dice.pick(words.BRAND_FIRST) + dice.pick(words.BRAND_SECOND)
    domain = f"{_spelled(brand)}-{_spelled(business)}.example"
    return Named(
        f"{city.zh}{brand}{business}{dice.pick(words.SUFFIXES)}", brand + business, domain, category, industry, english=False
    )


def person_name(dice: Dice, *, english: bool) -> str:
    """A person's full name, as it is written where they come from."""
    if english:
        return f"{dice.pick(words.GIVEN_EN)} {dice.pick(words.SURNAMES_EN)}"
    first = dice.pick(words.GIVEN_FIRST) if dice.chance(0.75) else ""
    return f"{dice.pick(words.SURNAMES)}{first}{dice.pick(words.GIVEN_SECOND)}"


def _english_company(dice: Dice) -> Named:
    industry = dice.pick(INDUSTRIES)
    business = dice.pick(words.BUSINESSES[industry])[1]
    adjective, noun = dice.pick(words.BRAND_ADJECTIVES), dice.pick(words.BRAND_NOUNS)
    domain = f"{adjective}{noun}.example".lower()
    name = f"{adjective} {noun} {business} {dice.pick(words.SUFFIXES_EN)}"
    return Named(name, f"{adjective} {noun}", domain, "enterprise", industry, english=True)


def _public_body(dice: Dice, city: City, category: str, industry: str, kind: str) -> Named:
    """A school has a brand of its own, an office the district it is in charge of."""
    own = (
        dice.pick(words.BRAND_FIRST) + dice.pick(words.BRAND_SECOND)
        if category == "education"
        else f"市{dice.pick(city.districts)}"
    )
    short = f"{own}{kind}" if category == "education" else None
    return Named(f"{city.zh}{own}{kind}", short, f"{_spelled(own)}-{_spelled(kind)}.example", category, industry, english=False)


@lru_cache(4096)
def _spelled(words_: str) -> str:
    return name_key(words_)


@lru_cache(None)
def person_key(name: str) -> str:
    """What a person's name sorts by. People share names, and working one out takes as long as five rows of anything else."""
    return name_key(name, person=True)
