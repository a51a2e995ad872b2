"""The company that owns the seeded customers. Benchmarks and scripts rely on the user names here.

`seed-admin`       may do everything
`seed-director`    heads the company: the managers report to this user
`seed-manager`     own and subordinates' records: up to 400 people below, and a READ share of up to 10,000 customers
`seed-manager-2` … the managers of the other divisions
`seed-narrow`      only their own records: every thousandth customer
`seed-agent-0001` … team members, twenty to a team, the first of which leads it

None of them has a password: `crm session create --username seed-manager` gives a token, `crm user passwd` sets one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm.access.grants import Scope
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mail import Mailbox, add_mailbox
from crm.cli.synthetic.names import person_name
from crm.cli.synthetic.organisation import Organisation
from crm.cli.synthetic.roles import DEALINGS, MAIL, RECORDS, Sketch
from crm.cli.synthetic.scene import Owner

ADMIN, DIRECTOR, MANAGER, NARROW = "seed-admin", "seed-director", "seed-manager", "seed-narrow"

CUSTOMERS_PER_AGENT = 100
FEWEST_AGENTS, MOST_AGENTS = 8, 2000
TEAM, DIVISION = 20, 400

_ACTIONS = "CREATE READ UPDATE DELETE SHARE TRANSFER EXPORT"
TEAM_ROLE = Sketch(
    "Seed: team 团队",
    "Own records and those of everybody below.",
    {f"{RECORDS} {DEALINGS}": {Scope.OWN_AND_SUBORDINATES: _ACTIONS}, **MAIL},
)
NARROW_ROLE = Sketch("Seed: own 仅本人", "Own records only.", {f"{RECORDS} {DEALINGS}": {Scope.OWN: _ACTIONS}, **MAIL})


@dataclass(frozen=True, slots=True)
class Company:
    """Whom customers can belong to, and be shared with."""

    director: UUID
    manager: UUID
    narrow: Owner
    agents: Sequence[Owner]
    teams: Sequence[UUID]
    mailboxes: Sequence[Mailbox]


def agent_count(customers: int) -> int:
    """How many people it takes for so many customers."""
    return max(FEWEST_AGENTS, min(MOST_AGENTS, customers // CUSTOMERS_PER_AGENT))


def subordinate_count(agents: int) -> int:
    """How many of them stand below `seed-manager`: four in five of a small company, 400 of a large one."""
    return min(DIVISION, agents * 4 // 5)


def make_company(seed: int, at: datetime, administrator: UUID, customers: int) -> tuple[Organisation, Company]:
    """Put the company together: everybody's rows, and who they are."""
    made = Organisation(Dice(f"{seed} company"), at)
    team_role, narrow_role = made.role(TEAM_ROLE), made.role(NARROW_ROLE)
    root = made.department("种子集团 Seed Group")
    made.user(ADMIN, "种子管理员", root, [administrator])
    director = made.user(DIRECTOR, "种子总监", root, [team_role])
    made.head(root, director)
    narrow = made.user(NARROW, "种子专员", root, [narrow_role], manager=director)
    count = agent_count(customers)
    below = subordinate_count(count)
    sizes = [below, *(min(DIVISION, count - start) for start in range(below, count, DIVISION))]
    agents: list[Owner] = []
    teams: list[UUID] = []
    managers = []
    for number, size in enumerate(sizes, 1):
        division = made.department(f"第{number}事业部 Division {number}", root)
        name = MANAGER if number == 1 else f"{MANAGER}-{number}"
        manager = made.user(name, person_name(made.dice, english=False), division, [team_role], manager=director)
        made.head(division, manager)
        managers.append(manager)
        for start in range(0, size, TEAM):
            agents += _team(made, division, manager, team_role, len(agents) + 1, min(TEAM, size - start), teams)
    mailboxes = _mailboxes(made, Dice(f"{seed} mailboxes"), Owner(director, root, director), agents)
    return made, Company(director, managers[0], Owner(narrow, root, narrow), agents, teams, mailboxes)


def _mailboxes(made: Organisation, dice: Dice, director: Owner, agents: Sequence[Owner]) -> list[Mailbox]:
    """One that is the first agent's alone, and one that the first agents share: a small part of a large company writes mail."""
    first, *others = agents[:TEAM]
    personal = add_mailbox(made.batch, dice, made.at, first, "种子销售 Seed sales", "seed-agent-0001")
    members = [each.id for each in others if each.id is not None]
    return [personal, add_mailbox(made.batch, dice, made.at, director, "种子客服 Seed service", "seed-service", members)]


def _team(made: Organisation, division: UUID, manager: UUID, role: UUID, first: int, size: int, teams: list[UUID]) -> list[Owner]:
    """One team: a department, a leader, and those who report to the leader."""
    team = made.department(f"第{len(teams) + 1}组 Team {len(teams) + 1}", division)
    teams.append(team)
    people: list[UUID] = []
    for number in range(first, first + size):
        above = people[0] if people else manager
        name = person_name(made.dice, english=False)
        people.append(made.user(f"seed-agent-{number:04d}", name, team, [role], manager=above))
    made.head(team, people[0])
    return [Owner(person, team, person, people) for person in people]
