"""The demo's people, with passwords, badges and PINs that are printed, and its ERP: for trying out, never for a real site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wms.accounts import passwords, rules, service
from wms.core.ids import UserId, WarehouseId
from wms.db import db

PASSWORD = "lots-of-try-2026"
PIN = "314159"

#: The ERP beside the first site: its login, and what its key is good for there.
ERP = "erp"
ERP_SCOPES = (
    "catalog.view", "catalog.edit", "stock.view", "receive", "order.view", "order.edit", "order.allocate", "ship",
    "hold.place", "task.view", "alert.view", "door.view", "label.print",
)  # fmt: skip
_KEY_DAYS = 3650


@dataclass(frozen=True)
class PersonPlan:
    """One person: login, name, roles, and the site (blank: every site)."""

    login: str
    full_name: str
    roles: tuple[str, ...]
    site: str = ""

    @property
    def badge(self) -> str:
        """What the badge says when it is scanned."""
        return "BDG" + self.login.upper().replace(".", "")


PEOPLE = (
    PersonPlan("admin", "Zhao Min 赵敏", ("administrator",)),
    PersonPlan("receiver", "Wang Fang 王芳", ("receiver",), "CNSZ1"),
    PersonPlan("picker", "Li Qiang 李强", ("picker",), "CNSZ1"),
    PersonPlan("counter", "Liu Yang 刘洋", ("counter",), "CNSZ1"),
    PersonPlan("dock", "Chen Jie 陈杰", ("dock",), "CNSZ1"),
    PersonPlan("shipping", "Yang Li 杨丽", ("shipping",), "CNSZ1"),
    PersonPlan("production", "Huang Lei 黄磊", ("production",), "CNSZ1"),
    PersonPlan("quality", "Zhou Jing 周静", ("quality",)),
    PersonPlan("quality2", "Wu Tao 吴涛", ("quality",)),
    PersonPlan("supervisor", "Xu Hui 徐慧", ("supervisor",)),
    PersonPlan("auditor", "Sun Yan 孙燕", ("auditor",)),
    PersonPlan("inspector", "Tan Wei 谭伟", ("inspector",)),
    PersonPlan("receiver.rtm", "Sanne de Vries", ("receiver",), "NLRTM"),
    PersonPlan("picker.rtm", "Daan Bakker", ("picker",), "NLRTM"),
    PersonPlan("supervisor.rtm", "Eva Jansen", ("supervisor", "shipping"), "NLRTM"),
)


def hire(sites: Iterable[tuple[str, WarehouseId]], *, at: datetime) -> dict[str, UserId]:
    """Make the people with their roles; their ids by login."""
    ids = dict(sites)
    people = {}
    for plan in PEOPLE:
        user = service.create_user(login=plan.login, full_name=plan.full_name, password=PASSWORD, pin=PIN, at=at)
        user.badge_hash = passwords.hash_random(plan.badge)
        where = ids[plan.site] if plan.site else None
        service.grant_roles(
            user.id, [service.RoleGrant(role=rules.Role(role), warehouse_id=where) for role in plan.roles], actor=None
        )
        people[plan.login] = user.id
    db.session.flush()
    return people


def connect_erp(site: WarehouseId, *, actor: UserId, at: datetime) -> str:
    """Make the ERP's user and its API key, good in one site; the key, which is shown to the person who tries."""
    machine = service.create_machine(login=ERP, full_name="ERP", at=at)
    grants = [service.RoleGrant(role=rules.Role.SUPERVISOR, warehouse_id=site)]
    service.grant_roles(machine.id, grants, actor=actor)
    _token, value = service.create_api_token(
        name="ERP", scopes=ERP_SCOPES, actor=actor, at=at, acts_for=machine.id, warehouse_id=site,
        expires_at=at + timedelta(days=_KEY_DAYS),
    )  # fmt: skip
    return value
