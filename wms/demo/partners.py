"""The demo's makers, suppliers and customers. Every one is made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from wms.catalog.models import Partner, PolicyName
from wms.core.ids import PartnerId, new_id
from wms.db import db
from wms.demo.goods import company_prefix
from wms.gs1.checksums import check_digit

#: Makers by number (goods.py): code, English, Chinese.
MAKERS = {
    1: ("JNX-GRAIN", "Jiangnan Grain and Drinks", "江南粮饮"),
    2: ("TAIHU", "Taihu Sauces", "太湖调味"),
    3: ("CLOUDHILL", "Cloud Hill Tea and Snacks", "云岭茶点"),
    4: ("GREENPAST", "Green Pasture Dairy", "绿原乳业"),
    5: ("NORTHICE", "North Ice Foods", "北冰食品"),
    6: ("KANGHE", "Kanghe Pharma", "康和制药"),
    7: ("BORUI", "Borui Biologics", "博瑞生物"),
    8: ("ANXIN", "Anxin Medical", "安信医疗"),
    9: ("LUMED", "Lumed Devices", "璐美器械"),
    10: ("CHIPWAY", "Chipway Semiconductor", "芯途半导体"),
    11: ("HUALIAN", "Hualian Materials", "华联材料"),
    12: ("SUNTECH", "Suntech Modules", "尚泰模组"),
}

#: Suppliers that are not makers: code, English, Chinese, the kinds they bring.
SUPPLIERS = (
    ("EASTFOOD", "East Coast Food Trading", "东岸食品贸易", "food"),
    ("MEDLINK", "Medlink Distribution", "医联供应", "drug device"),
    ("PARTSHUB", "Parts Hub", "元件汇", "electronics"),
    ("NLIMPORT", "Maas Import B.V.", "马斯进口", "food drug device electronics"),
)


@dataclass(frozen=True)
class CustomerPlan:
    """A customer: its kinds, its site, and the least life it takes, in days or percent."""

    code: str
    name_en: str
    name_zh: str
    kinds: str
    site: str
    days: int | None = None
    percent: int | None = None
    policy: PolicyName | None = None


CUSTOMERS = (
    CustomerPlan("FRESHMART", "Freshmart Supermarkets", "鲜美超市", "food", "CNSZ1", percent=50),
    CustomerPlan("CORNER", "Corner Store Chain", "街角便利店", "food", "CNSZ1", days=10),
    CustomerPlan("CANTEEN", "Campus Canteens", "校园食堂", "food", "CNSZ1", days=5),
    CustomerPlan("TEAHOUSE", "Old Street Tea Houses", "老街茶馆", "food", "CNSZ1"),
    CustomerPlan("HOSP1", "First People's Hospital", "第一人民医院", "drug device", "CNSZ1", days=180),
    CustomerPlan("HOSP2", "Lakeside Hospital", "湖滨医院", "drug device", "CNSZ1", percent=33),
    CustomerPlan("PHARMACY", "Evergreen Pharmacies", "常青药房", "drug device", "CNSZ1", days=90),
    CustomerPlan("CLINIC", "Sunrise Clinics", "晨光诊所", "drug device", "CNSZ1", days=60),
    CustomerPlan("ROBOTICS", "Delta Robotics", "三角洲机器人", "electronics", "CNSZ1"),
    CustomerPlan("LAMPS", "Bright Lamps", "明亮灯具", "electronics", "CNSZ1", policy=PolicyName.FIFO),
    CustomerPlan("CARPARTS", "Riverside Car Parts", "江畔汽配", "electronics", "CNSZ1", days=120),
    CustomerPlan("POLDER", "Polder Foods", "圩田食品", "food", "NLRTM", percent=40),
    CustomerPlan("KADE", "Kade Hospitality", "码头餐饮", "food", "NLRTM", days=14),
    CustomerPlan("MAASZIEK", "Maas Clinics", "马斯诊所", "drug device", "NLRTM", days=120),
    CustomerPlan("DELFT", "Delft Instruments", "代尔夫特仪器", "electronics device", "NLRTM"),
    CustomerPlan("HARBOUR", "Harbour Electronics", "港口电子", "electronics", "NLRTM"),
)


def meet(on: date) -> dict[str, PartnerId]:
    """Make every partner; their ids by code. Licences run out some time after `on`, one has run out."""
    rows = []
    for number, (code, en, zh) in MAKERS.items():
        prefix = company_prefix(number)
        rows.append(
            _partner(
                code, en, zh, is_maker=True, is_supplier=True, gln=_gln(prefix, 1),
                licence_number=f"SC{10000 + number}", licence_expires_on=on + timedelta(days=40 * number - 20),
                recall_contact=f"recall@{code.lower()}.example", recall_contact_verified_on=on - timedelta(days=30 * number),
            )
        )  # fmt: skip
    for place, (code, en, zh, _kinds) in enumerate(SUPPLIERS):
        rows.append(_partner(code, en, zh, is_supplier=True, gln=_gln("9521300", place + 1)))
    for place, plan in enumerate(CUSTOMERS):
        rows.append(
            _partner(
                plan.code, plan.name_en, plan.name_zh, is_customer=True, gln=_gln("9521400", place + 1),
                address=f"{place + 1} Market Street 市场街{place + 1}号", phone=f"+86 512 5550 {place + 1:04d}",
                recall_contact=f"Quality desk 质量部 {place + 1}", recall_contact_verified_on=on - timedelta(days=9 * place),
                email="" if plan.code == "TEAHOUSE" else f"quality@{plan.code.lower()}.example",
                language="zh_Hans_CN" if plan.site == "CNSZ1" else "en",
                shelf_life_days_min=plan.days, shelf_life_percent_min=plan.percent, allocation_policy=plan.policy,
            )
        )  # fmt: skip
    db.session.add_all(rows)
    db.session.flush()
    return {row.code: row.id for row in rows}


def _partner(code: str, en: str, zh: str, **fields: object) -> Partner:
    return Partner(id=PartnerId(new_id()), code=code, name_en=en, name_zh=zh, is_active=True, **fields)


def _gln(prefix: str, number: int) -> str:
    body = f"{prefix}{number:05d}"
    return body + check_digit(body)
