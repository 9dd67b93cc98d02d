"""What the demo trades in: families of items with names in both languages, and the items they make. Pure data.

GTINs stand under GS1 prefix 952, which GS1 keeps for examples (GS1 General Specifications 1.4.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wms.gs1.checksums import check_digit

FOOD, DRUG, DEVICE, ELECTRONICS = "food", "drug", "device", "electronics"
AMBIENT, COOL, COLD, FROZEN = "ambient", "cool", "cold", "frozen"


@dataclass(frozen=True)
class Family:
    """Items that differ only by their specification; `life` in days (None: no date), case and pallet in pieces."""

    code: str
    name_en: str
    name_zh: str
    kind: str
    storage: str
    maker: int
    life: int | None
    unit: str
    case_of: int
    cases_on_pallet: int
    specifications: tuple[str, ...]
    inspected: bool = False
    allergen: str = ""
    hazard: str = ""
    #: What it is on the Food Traceability List; blank: it is not on it.
    listed: str = ""


@dataclass(frozen=True)
class Good:
    """One item to be: its family, its specification and its codes."""

    family: Family
    sku: str
    specification: str
    each: str
    case: str
    pallet: str

    @property
    def pallet_of(self) -> int:
        """How many pieces stand on a pallet."""
        return self.family.case_of * self.family.cases_on_pallet


def company_prefix(maker: int) -> str:
    """The GS1 company prefix of a maker, seven digits under 952."""
    return f"952{1100 + maker:04d}"


def goods() -> Iterator[Good]:
    """Make every item, in a fixed order, each unit with its own GTIN."""
    counts: dict[int, int] = {}
    for family in FAMILIES:
        for place, specification in enumerate(family.specifications, start=1):
            reference = counts[family.maker] = counts.get(family.maker, 0) + 1
            body = company_prefix(family.maker) + f"{reference:05d}"
            each, case, pallet = (d + body + check_digit(d + body) for d in "012")
            yield Good(family, f"{family.code}-{place:02d}", specification, each, case, pallet)


#: Words of specifications; figures and units stay as they are printed.
_IN_CHINESE: Final = {
    "low temperature": "低温", "on-metal": "抗金属", "waterproof": "防水", "flexible": "软头", "rigid": "硬头", "digital": "数字式",
    "Bluetooth": "蓝牙", "small": "小号", "tests": "人份", "test": "人份", "wrist": "腕式", "pcs": "片", "pin": "脚",
    "ring": "环形", "arm": "臂式", "ear": "耳温", "rev": "版本",
}  # fmt: skip


def said_in_chinese(specification: str) -> str:
    """Say a specification in Chinese.

    >>> said_in_chinese("stage 3 800 g"), said_in_chinese("20 tests"), said_in_chinese("5 V 2 A")
    ('3段 800 g', '20人份', '5 V 2 A')
    """
    text = re.sub(r"\bstage (\d)", r"\1段", specification)
    text = re.sub(r"(\d+) (tests?|pcs|pin)\b", lambda found: found[1] + _IN_CHINESE[found[2]], text)
    for word, chinese in _IN_CHINESE.items():
        text = re.sub(rf"\b{word}\b", chinese, text)
    return text


def _f(line: str, **more: str | bool) -> Family:
    """Read a family from one line: code | English | Chinese | kind | storage | maker | life | unit | case | pallet | specs."""
    code, en, zh, kind, storage, maker, life, unit, case, pallet, specs = (part.strip() for part in line.split("|"))
    return Family(
        code, en, zh, kind, storage, int(maker), int(life) if life != "-" else None, unit, int(case), int(pallet),
        tuple(s.strip() for s in specs.split(",")), **more,  # type: ignore[arg-type]
    )  # fmt: skip


FAMILIES: Final = (
    # food
    _f("RICE|Jasmine rice|茉莉香米|food|ambient|1|540|bag|10|40|1 kg,2.5 kg,5 kg,10 kg"),
    _f("NOOD|Egg noodles|鸡蛋面|food|ambient|1|365|pack|24|40|300 g,500 g,800 g,1 kg", allergen="gluten, egg"),
    _f("FLOU|Wheat flour|小麦粉|food|ambient|1|270|bag|10|40|1 kg,2.5 kg,5 kg,25 kg", allergen="gluten"),
    _f("SOYS|Soy sauce|酱油|food|ambient|2|730|bottle|12|60|150 ml,500 ml,1 L,1.9 L,5 L", allergen="soy, gluten"),
    _f("VINE|Rice vinegar|米醋|food|ambient|2|730|bottle|12|60|250 ml,500 ml,1 L,2 L"),
    _f("OILP|Peanut oil|花生油|food|ambient|2|540|bottle|6|60|900 ml,1.8 L,5 L,10 L", allergen="peanut"),
    _f("SAUC|Chilli sauce|辣椒酱|food|ambient|2|540|jar|24|60|210 g,280 g,340 g,700 g"),
    _f("TEAG|Green tea|绿茶|food|ambient|3|540|tin|24|40|50 g,100 g,125 g,250 g,500 g"),
    _f("TEAO|Oolong tea|乌龙茶|food|ambient|3|730|tin|24|40|50 g,100 g,250 g,500 g"),
    _f("COFF|Ground coffee|研磨咖啡|food|ambient|3|365|pack|12|60|200 g,250 g,500 g,1 kg"),
    _f("BISC|Oat biscuits|燕麦饼干|food|ambient|3|240|pack|24|40|120 g,200 g,400 g,600 g", allergen="gluten, milk"),
    _f("CHOC|Dark chocolate|黑巧克力|food|cool|3|365|bar|40|40|50 g,80 g,100 g,200 g", allergen="milk, soy"),
    _f("MILK|UHT milk|常温牛奶|food|ambient|4|180|carton|12|60|200 ml,250 ml,500 ml,1 L", allergen="milk"),
    _f(
        "FRMK|Fresh milk|鲜牛奶|food|cold|4|15|bottle|12|40|250 ml,450 ml,950 ml,1.5 L", allergen="milk", inspected=True
    ),
    _f("YOGU|Yoghurt|酸奶|food|cold|4|21|cup|24|40|100 g,135 g,200 g,450 g", allergen="milk", inspected=True),
    _f("CHEE|Cheddar cheese|车打奶酪|food|cold|4|120|pack|20|40|100 g,200 g,500 g,1 kg", allergen="milk"),
    _f("BUTT|Butter|黄油|food|cold|4|180|pack|20|40|100 g,200 g,250 g,500 g", allergen="milk"),
    _f(
        "INFA|Infant formula|婴儿配方奶粉|food|ambient|4|730|tin|6|60|stage 1 800 g,stage 2 800 g,stage 3 800 g,stage 1 400 g,stage 2 400 g",
        allergen="milk",
        inspected=True,
    ),
    _f("DUMP|Pork dumplings|猪肉水饺|food|frozen|5|365|pack|12|40|400 g,500 g,1 kg,2.5 kg", allergen="gluten"),
    _f(
        "SHRI|Peeled shrimp|虾仁|food|frozen|5|540|pack|20|30|200 g,400 g,800 g,1 kg",
        allergen="crustaceans",
        inspected=True,
        listed="Crustaceans",
    ),
    _f("ICEC|Ice cream|冰淇淋|food|frozen|5|540|tub|8|60|75 g,450 ml,1 L,5 L", allergen="milk"),
    _f("PEAS|Green peas|青豆|food|frozen|5|730|bag|12|50|450 g,900 g,1 kg,2.5 kg"),
    _f("JUIC|Orange juice|橙汁|food|ambient|1|270|bottle|12|60|300 ml,500 ml,1 L,2 L"),
    _f("WATR|Mineral water|矿泉水|food|ambient|1|730|bottle|24|60|350 ml,500 ml,1.5 L,5 L"),
    _f("HONE|Acacia honey|洋槐蜜|food|ambient|1|730|jar|12|60|250 g,500 g,900 g"),
    _f("NUTS|Mixed nuts|混合坚果|food|ambient|3|300|pack|24|40|25 g,150 g,300 g,750 g", allergen="nuts"),
    # drugs
    _f(
        "AMOX|Amoxicillin capsules|阿莫西林胶囊|drug|ambient|6|730|box|100|20|0.25 g × 24,0.25 g × 50,0.5 g × 12,0.5 g × 24",
        inspected=True,
    ),
    _f(
        "IBUP|Ibuprofen tablets|布洛芬片|drug|ambient|6|1095|box|100|20|0.1 g × 24,0.2 g × 20,0.2 g × 48,0.4 g × 12",
        inspected=True,
    ),
    _f(
        "METF|Metformin tablets|二甲双胍片|drug|ambient|6|1095|box|100|20|0.25 g × 48,0.5 g × 30,0.5 g × 60,0.85 g × 20",
        inspected=True,
    ),
    _f(
        "ATOR|Atorvastatin tablets|阿托伐他汀片|drug|ambient|6|1095|box|120|20|10 mg × 7,20 mg × 7,20 mg × 14,40 mg × 7",
        inspected=True,
    ),
    _f(
        "OMEP|Omeprazole capsules|奥美拉唑胶囊|drug|cool|6|730|box|120|20|10 mg × 14,20 mg × 14,20 mg × 28,40 mg × 7",
        inspected=True,
    ),
    _f(
        "CEFT|Ceftriaxone for injection|注射用头孢曲松|drug|cool|7|730|vial|200|12|0.25 g,0.5 g,1 g,2 g", inspected=True
    ),
    _f(
        "SALI|Sodium chloride injection|氯化钠注射液|drug|ambient|7|1095|bag|30|36|100 ml,250 ml,500 ml,1 L",
        inspected=True,
    ),
    _f(
        "GLUC|Glucose injection|葡萄糖注射液|drug|ambient|7|1095|bag|30|36|5 % 250 ml,5 % 500 ml,10 % 250 ml,10 % 500 ml",
        inspected=True,
    ),
    _f(
        "INSU|Insulin glargine injection|甘精胰岛素注射液|drug|cold|7|730|pen|50|12|3 ml 300 IU,10 ml 1000 IU,1.5 ml 450 IU",
        inspected=True,
    ),
    _f("VACF|Influenza vaccine|流感疫苗|drug|cold|7|365|syringe|100|10|0.25 ml,0.5 ml,0.5 ml × 10", inspected=True),
    _f("VACH|Hepatitis B vaccine|乙肝疫苗|drug|cold|7|1095|vial|100|10|10 μg,20 μg,60 μg", inspected=True),
    _f("VITC|Vitamin C tablets|维生素C片|drug|ambient|6|730|bottle|100|24|0.1 g × 100,0.5 g × 60,1 g × 20"),
    _f("COUG|Cough syrup|止咳糖浆|drug|cool|6|730|bottle|60|24|60 ml,100 ml,120 ml,150 ml"),
    _f(
        "ETHA|Medical ethanol 75 %|75%医用酒精|drug|ambient|7|1095|bottle|40|24|60 ml,100 ml,500 ml,2.5 L",
        hazard="UN 1170, class 3",
    ),
    # devices
    _f(
        "SYRI|Sterile syringe|一次性无菌注射器|device|ambient|8|1825|pc|1200|16|1 ml,2 ml,5 ml,10 ml,20 ml,50 ml",
        inspected=True,
    ),
    _f("GLOV|Nitrile gloves|丁腈手套|device|ambient|8|1825|box|10|60|XS,S,M,L,XL"),
    _f("MASK|Surgical mask|外科口罩|device|ambient|8|1095|box|40|24|10 pcs,20 pcs,50 pcs,50 pcs small"),
    _f("CATH|Foley catheter|导尿管|device|ambient|8|1825|pc|100|20|12 Fr,14 Fr,16 Fr,18 Fr,20 Fr", inspected=True),
    _f("IVST|Infusion set|输液器|device|ambient|8|1095|pc|500|16|0.55 mm,0.6 mm,0.7 mm,0.8 mm", inspected=True),
    _f("GAUZ|Sterile gauze|无菌纱布|device|ambient|8|1825|pack|200|20|5 × 5 cm,7.5 × 7.5 cm,10 × 10 cm,10 × 20 cm"),
    _f("GLUS|Glucose test strips|血糖试纸|device|ambient|9|540|box|100|20|25 pcs,50 pcs,100 pcs"),
    _f(
        "STEN|Coronary stent|冠状动脉支架|device|ambient|9|730|pc|10|20|2.5 × 18 mm,2.75 × 18 mm,3.0 × 18 mm,3.0 × 24 mm,3.5 × 24 mm",
        inspected=True,
    ),
    _f("SUTU|Absorbable suture|可吸收缝合线|device|ambient|9|1825|box|24|40|2-0,3-0,4-0,5-0", inspected=True),
    _f("THER|Digital thermometer|电子体温计|device|ambient|9|-|pc|100|20|rigid,flexible,ear"),
    _f("BPMO|Blood pressure monitor|电子血压计|device|ambient|9|-|pc|10|30|arm,wrist,arm XL"),
    _f(
        "REAG|Influenza antigen test|流感抗原检测试剂|device|cold|9|540|box|40|20|1 test,5 tests,20 tests,25 tests",
        inspected=True,
    ),
    # electronics
    _f(
        "MCU|Microcontroller 32 bit|32位微控制器|electronics|ambient|10|730|reel|10|40|64 pin 256 KB,64 pin 512 KB,100 pin 512 KB,100 pin 1 MB,144 pin 2 MB"
    ),
    _f(
        "CAPC|Ceramic capacitor|陶瓷电容|electronics|ambient|10|1095|reel|20|40|0402 100 nF,0402 1 µF,0603 4.7 µF,0805 10 µF,0805 22 µF"
    ),
    _f(
        "RESI|Chip resistor|贴片电阻|electronics|ambient|10|1095|reel|20|40|0402 1 kΩ,0402 10 kΩ,0603 100 Ω,0603 4.7 kΩ,0805 0 Ω"
    ),
    _f("CONN|USB-C connector|USB-C连接器|electronics|ambient|10|1095|reel|10|40|16 pin,24 pin,6 pin,waterproof"),
    _f("LEDS|White LED|白光LED|electronics|ambient|10|730|reel|20|40|2835 3000 K,2835 4000 K,2835 6500 K,5730 4000 K"),
    _f(
        "SOLD|Solder paste|锡膏|electronics|cold|11|180|jar|20|20|T3 500 g,T4 500 g,T5 500 g,low temperature 500 g",
        hazard="irritant",
    ),
    _f("FLUX|Flux|助焊剂|electronics|cool|11|365|bottle|12|30|100 ml,500 ml,1 L", hazard="UN 1993, class 3"),
    _f(
        "LIBA|Lithium cell 18650|18650锂电池|electronics|ambient|11|365|pc|100|20|2600 mAh,3000 mAh,3400 mAh,3500 mAh",
        hazard="UN 3480, class 9",
        inspected=True,
    ),
    _f("PCBA|Control board|控制板|electronics|ambient|12|-|pc|20|30|rev A,rev B,rev C,rev D"),
    _f("DISP|TFT display|TFT显示屏|electronics|ambient|12|-|pc|20|24|2.4 in,3.5 in,4.3 in,7 in,10.1 in"),
    _f("SENS|Temperature sensor|温度传感器|electronics|ambient|12|-|pc|200|20|NTC 10 kΩ,PT100,PT1000,digital"),
    _f("ADAP|Power adapter|电源适配器|electronics|ambient|12|-|pc|40|24|5 V 2 A,12 V 2 A,12 V 5 A,24 V 3 A"),
    _f("SCAN|Barcode scanner|条码扫描器|electronics|ambient|12|-|pc|10|30|1D USB,2D USB,2D Bluetooth,ring"),
    _f("TAGU|UHF label|超高频标签|electronics|ambient|12|1825|reel|12|40|70 × 17 mm,97 × 27 mm,50 × 30 mm,on-metal"),
    _f("CABL|USB cable|USB数据线|electronics|ambient|12|-|pc|100|24|0.5 m,1 m,2 m,3 m"),
    _f("FUSE|Chip fuse|贴片保险丝|electronics|ambient|10|1095|reel|20|40|0.5 A,1 A,2 A,5 A"),
    _f("TAPE|Kapton tape|高温胶带|electronics|ambient|11|730|roll|48|30|10 mm,20 mm,50 mm,100 mm"),
    _f("GREA|Thermal grease|导热硅脂|electronics|ambient|11|730|tube|50|30|1 g,5 g,30 g,1 kg"),
    _f(
        "CLEA|Board cleaner|洗板水|electronics|ambient|11|540|can|12|40|300 ml,500 ml,1 L,4 L",
        hazard="UN 1987, class 3",
    ),
)
