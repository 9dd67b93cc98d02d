"""The table of recognised words: what people call a column, in simplified and traditional Chinese, English and German.

The first word of each language is the heading of the template in it. docs/import.md shows this table; a test holds the two
together. A word is compared without case, blanks, punctuation and full width, and without what stands in brackets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

LANGUAGES: Final = ("zh_Hans_CN", "zh_Hant_TW", "en", "de")


@dataclass(frozen=True)
class Field:
    """One field of a kind: how its cells are read (`form`), and the words of its column by language."""

    name: str
    form: str
    words: tuple[tuple[str, ...], ...]
    is_required: bool = False

    def heading(self, language: str) -> str:
        """Give the template's heading in a language."""
        place = LANGUAGES.index(language) if language in LANGUAGES else LANGUAGES.index("en")
        return self.words[place][0]


#: Field: how it is read, and its words (simplified | traditional | English | German; commas apart).
_TABLE: Final[dict[str, tuple[str, str, str, str, str]]] = {
    # what it is
    "sku": ("code",
        "物料编码,料号,物料编号,物料代码,物料号,商品编码,商品编号,商品代码,产品编码,产品编号,产品代码,货号,存货编码,品号,编码,SKU编码",
        "物料編碼,料號,物料編號,物料代碼,物料號,商品編碼,商品編號,商品代碼,產品編碼,產品編號,產品代碼,貨號,存貨編碼,品號,品項編號,編碼",
        "SKU,Item,Item code,Item number,Item no,Item ID,Product code,Product number,Product no,Material,Material number,"
        "Material no,Material code,Part number,Part no,Article,Article number,Article no,Stock code",
        "Artikelnummer,Artikel,Artikel Nr,Artikelnr,Art Nr,ArtNr,Materialnummer,Material Nr,Materialnr,Produktnummer,"
        "Sachnummer,Teilenummer"),
    "item_name": ("line",
        "品名,物料名称,商品名称,产品名称,货品名称,存货名称,药品名称,通用名称", "品名,物料名稱,商品名稱,產品名稱,貨品名稱,存貨名稱,藥品名稱,品項名稱",
        "Item name,Product name,Material name,Item description,Description,Product", "Artikelbezeichnung,Artikelname,Bezeichnung,Materialbezeichnung,"
        "Materialkurztext,Produktname,Beschreibung"),
    "name_zh": ("line",
        "中文名称,品名,物料名称,商品名称,产品名称,货品名称,存货名称,药品名称,通用名称,中文名,中文品名,名称", "中文名稱,品名,物料名稱,商品名稱,產品名稱,貨品名稱,存貨名稱,藥品名稱,品項名稱,中文名,中文品名,名稱",
        "Chinese name,Name (zh),Name zh", "Chinesischer Name"),
    "name_en": ("line",
        "英文名称,英文名,英文品名", "英文名稱,英文名,英文品名",
        "English name,Name,Item name,Product name,Material name,Description,Item description,Name (en),Name en",
        "Englischer Name,Bezeichnung,Artikelbezeichnung,Artikelname,Materialbezeichnung,Materialkurztext,Produktname,Beschreibung"),
    "specification": ("line", "规格,规格型号,型号,型号规格", "規格,規格型號,型號",
        "Specification,Spec,Model,Size", "Spezifikation,Modell,Ausführung,Größe,Groesse"),
    "item_class": ("item_class", "类别,物料类别,商品类别,分类,产品类别,物料类型", "類別,物料類別,商品類別,分類,產品類別",
        "Item class,Class,Category,Item category,Item type,Product type", "Artikelart,Warengruppe,Kategorie,Materialart,Artikelgruppe"),
    "base_unit": ("unit", "基本单位,单位,计量单位,库存单位,主单位,最小单位", "基本單位,單位,計量單位,庫存單位,主單位",
        "Base unit,Unit,UoM,Unit of measure,Base UoM,Stock unit", "Basiseinheit,Einheit,Basismengeneinheit,Mengeneinheit,ME,Lagereinheit"),
    "storage_class": ("storage_class", "储存条件,存储条件,贮藏条件,温区,温层,存放条件,储存温度", "儲存條件,存儲條件,貯藏條件,溫區,溫層,存放條件",
        "Storage class,Storage,Storage condition,Storage conditions,Temperature class,Temperature", "Lagerklasse,Lagerbedingung,"
        "Lagerbedingungen,Temperaturklasse,Temperatur"),
    "date_basis": ("date_basis", "日期依据,日期类型,效期类型", "日期依據,日期類型,效期類型", "Date basis,What decides,Date type", "Datumsart,Maßgebliches Datum"),
    "shelf_life_days": ("life", "保质期,有效期天数,保质期天数,保存期,有效期(天),货架期", "保質期,保存期限,有效天數,保質期天數,貨架期",
        "Shelf life,Shelf life days,Shelf life (days)", "Haltbarkeit,Haltbarkeitsdauer,Mindesthaltbarkeit Tage,Gesamthaltbarkeit"),
    "receipt_life_days_min": ("life", "收货最短效期,入库最低剩余天数", "收貨最短效期,入庫最低剩餘天數", "Least life at receipt,Minimum remaining shelf life,Min remaining shelf life",
        "Mindestrestlaufzeit,Restlaufzeit"),
    "receipt_life_percent_min": ("percent", "收货最低效期比例", "收貨最低效期比例", "Least life at receipt percent,Minimum remaining shelf life percent", "Mindestrestlaufzeit Prozent"),
    "expiry_warning_days": ("life", "预警天数,近效期天数,近效期预警天数", "預警天數,近效期天數", "Warn before expiry,Expiry warning days", "Vorwarnung,Vorwarntage"),
    "is_inspected_at_receipt": ("flag", "是否检验,来料检验,入库检验,是否质检", "是否檢驗,進料檢驗,入庫檢驗", "Inspected at receipt,Inspection,Inspect,QC required",
        "Prüfpflichtig,Wareneingangsprüfung,Prüfung"),
    "has_unit_ids": ("flag", "序列号管理,是否序列号管理,单件码管理,追溯码管理", "序號管理,是否序號管理,單件碼管理", "Serial managed,Serialized,Serialised,Has serial numbers,Unit ids",
        "Seriennummernpflicht,Serialnummernpflichtig,Seriennummerngeführt"),
    "gtin": ("gtin", "商品条码,条码,条形码,69码,GTIN,国际条码,单品条码", "商品條碼,條碼,條形碼,國際條碼", "GTIN,EAN,UPC,Barcode,Bar code,EAN13,EAN code", "GTIN,EAN,EAN Code,Strichcode,Barcode"),
    "pack_unit": ("unit", "包装单位,箱单位,大单位,辅单位", "包裝單位,箱單位,大單位,輔單位", "Pack unit,Case unit,Pack", "Verpackungseinheit,VPE,Gebindeeinheit"),
    "pack_factor": ("quantity", "装箱数,箱装数,每箱数量,包装数量,箱规,换算率,装箱量,包装规格数", "裝箱數,每箱數量,包裝數量,箱規,換算率,裝箱量",
        "Pack factor,Units per case,Units per pack,Pack size,Case quantity,Qty per case,Case size", "VPE Menge,Stück pro Karton,Inhalt,Packungsgröße,Menge je VPE"),
    "pack_gtin": ("gtin", "箱码,外箱条码,箱条码,包装条码", "箱碼,外箱條碼,箱條碼,包裝條碼", "Pack GTIN,Case GTIN,Case barcode,GTIN-14", "VPE GTIN,Karton EAN,VPE EAN"),
    "pack2_unit": ("unit", "第二包装单位,托盘单位", "第二包裝單位,棧板單位", "Second pack unit,Pallet unit", "Zweite Verpackungseinheit,Paletteneinheit"),
    "pack2_factor": ("quantity", "每托数量,托盘数量,托规", "每棧板數量,每托數量", "Second pack factor,Units per pallet", "Stück pro Palette,Menge je Palette"),
    "pack2_gtin": ("gtin", "托盘条码", "棧板條碼", "Second pack GTIN,Pallet GTIN", "Paletten GTIN"),
    "registrant": ("line", "注册人,上市许可持有人,持有人,注册人名称", "註冊人,上市許可持有人,許可證持有人", "Registrant,Marketing authorisation holder,MAH", "Zulassungsinhaber"),
    "approval_number": ("code", "批准文号,注册证号,国药准字,注册证编号,备案号", "批准文號,註冊證號,許可證字號", "Approval number,Registration number,Licence number of item,Marketing authorisation", "Zulassungsnummer"),
    "approval_valid_until": ("day", "注册证有效期,批件有效期,批文有效期", "註冊證有效期,許可證有效期", "Approval valid until,Registration valid until", "Zulassung gültig bis"),
    "allergen": ("line", "过敏原,致敏物质", "過敏原", "Allergens,Allergen", "Allergene,Allergen"),
    "hazard": ("line", "危险性,危险品类别,危险品", "危險性,危險品", "Hazard,Hazard class,Dangerous goods", "Gefahr,Gefahrgut,Gefahrstoff"),
    "food_traceability": ("food_traceability", "FSMA204清单,食品追溯清单,FTL,是否FTL", "FSMA204清單,食品追溯清單", "Food Traceability List,FTL,On FTL,On the Food Traceability List,FSMA 204", "Food Traceability List,FTL,FSMA 204"),
    "food_traceability_category": ("line", "食品追溯清单类别,FTL类别", "食品追溯清單類別,FTL類別", "Food Traceability List category,FTL category,FTL food", "FTL Kategorie"),
    "is_active": ("flag", "启用,是否启用,有效,在用", "啟用,是否啟用,在用", "In use,Active,Is active", "Aktiv,In Benutzung"),
    # who
    "code": ("code", "编码,代码,编号,往来单位编码,单位编码,客户编码,客户代码,客户编号,供应商编码,供应商代码,供应商编号,供方编码", "編碼,代碼,編號,往來單位編碼,客戶編碼,客戶代碼,客戶編號,供應商編碼,供應商代碼,廠商編號",
        "Code,Partner code,Partner,Partner number,Customer code,Customer number,Customer no,Supplier code,Supplier number,Supplier no,Vendor code,Vendor number,Account",
        "Code,Partnernummer,Kundennummer,Kunden Nr,Kundennr,Lieferantennummer,Lieferanten Nr,Lieferantennr,Kreditor,Debitor,Geschäftspartner"),
    "partner_name_zh": ("line", "名称,单位名称,企业名称,公司名称,客户名称,供应商名称,中文名称,往来单位名称,往来单位", "名稱,單位名稱,企業名稱,公司名稱,客戶名稱,供應商名稱,中文名稱,廠商名稱", "Chinese name,Name zh", "Chinesischer Name"),
    "partner_name_en": ("line", "英文名称", "英文名稱", "Name,English name,Company,Company name,Partner name,Customer name,Supplier name,Vendor name",
        "Name,Firma,Firmenname,Kundenname,Lieferantenname,Name 1"),
    "role": ("role", "类型,角色,往来类型,单位类型,单位性质,伙伴类型", "類型,角色,往來類型,單位類型", "Role,Type,Partner type", "Rolle,Typ,Art,Partnerart"),
    "is_supplier": ("flag", "是否供应商", "是否供應商", "Is supplier,Supplier", "Ist Lieferant,Lieferant"),
    "is_maker": ("flag", "是否生产商,是否生产企业", "是否製造商", "Is maker,Maker,Manufacturer", "Ist Hersteller,Hersteller"),
    "is_customer": ("flag", "是否客户", "是否客戶", "Is customer,Customer", "Ist Kunde,Kunde"),
    "gln": ("code", "GLN,全球位置码", "GLN,全球位置碼", "GLN", "GLN,ILN"),
    "address": ("line", "地址,详细地址,经营地址,收货地址,联系地址", "地址,詳細地址,聯絡地址", "Address", "Adresse,Anschrift"),
    "phone": ("code", "电话,联系电话,手机,手机号", "電話,聯絡電話,手機", "Phone,Telephone,Tel,Phone number", "Telefon,Tel,Telefonnummer"),
    "licence_number": ("code", "许可证号,许可证编号,经营许可证号,生产许可证号,许可证", "許可證號,許可證編號", "Licence,License,Licence number,License number", "Erlaubnisnummer,Lizenz,Genehmigungsnummer"),
    "licence_scope": ("line", "许可范围,经营范围,生产范围", "許可範圍,經營範圍", "Licence covers,Licence scope,License scope,Scope", "Erlaubnisumfang,Lizenzumfang"),
    "licence_expires_on": ("day", "许可证有效期,许可证到期日,证照有效期,许可证有效期至", "許可證有效期,許可證到期日", "Licence until,Licence expires,License expires,License expiry,Licence expiry", "Erlaubnis gültig bis,Lizenz bis"),
    "email": ("line", "邮箱,电子邮箱,电子邮件", "電子郵件,電子信箱", "E-mail,Email,Mail", "E-Mail"),
    "language": ("language", "信函语言,语言,通信语言", "信函語言,語言,通信語言", "Language of letters,Language,Letter language,Correspondence language",
        "Briefsprache,Sprache,Korrespondenzsprache"),
    "recall_contact": ("line", "召回联系人,质量联系人,联系人", "召回聯絡人,品質聯絡人,聯絡人", "Recall contact,Contact,Contact person,Contact name", "Rückrufkontakt,Ansprechpartner,Kontakt"),
    "recall_contact_verified_on": ("day", "联系人核实日期,联系方式核实日期", "聯絡人核實日期,聯絡方式核實日期", "Contact checked on,Recall contact checked on,Contact verified on",
        "Kontakt geprüft am,Rückrufkontakt geprüft am"),
    "shelf_life_days_min": ("life", "最短剩余效期,剩余效期要求", "最短剩餘效期", "Least life days,Minimum shelf life days", "Mindestrestlaufzeit Tage"),
    "shelf_life_percent_min": ("percent", "最低剩余效期比例", "最低剩餘效期比例", "Least life percent,Minimum shelf life percent", "Mindestrestlaufzeit in Prozent"),
    "maker": ("partner", "生产厂家,生产企业,制造商,生产商,厂家,生产厂商,生产单位", "生產廠家,生產企業,製造商,生產商,廠家,製造廠", "Maker,Manufacturer,Producer", "Hersteller,Produzent"),
    "supplier": ("partner", "供应商,供货商,供应商名称,供应商编码,供货单位,供方", "供應商,供貨商,供應商名稱,供應商編碼,廠商", "Supplier,Vendor,Supplier code,Supplier name,Vendor code", "Lieferant,Lieferantennummer,Lieferantenname"),
    "customer": ("partner", "客户,客户名称,客户编码,购货单位,收货单位,购买方,收货方", "客戶,客戶名稱,客戶編碼,購貨單位,收貨單位", "Customer,Customer code,Customer name,Customer number,Customer no,Ship to,Sold to",
        "Kunde,Kundennummer,Kunden Nr,Kundennr,Kundenname,Warenempfänger"),
    "partner": ("partner", "往来单位,对方单位,单位名称,供应商/客户", "往來單位,對方單位", "Partner,Company,Supplier/customer", "Geschäftspartner,Partner,Firma"),
    # where
    "warehouse": ("line", "仓库,仓库编码,仓库名称,库房", "倉庫,倉庫編碼,倉庫名稱,庫房", "Warehouse,Warehouse code,Site,Plant", "Lager,Lagerort,Werk,Standort"),
    "bin_code": ("bin", "库位,货位,库位编码,货位编码,储位,货位号,库位号,库位编号,货位编号,库位代码", "儲位,庫位,貨位,儲位編碼,庫位編碼,貨位編碼,儲位編號,儲位代碼",
        "Bin,Bin code,Location,Location code,Storage bin,Bin location,Slot,Shelf", "Lagerplatz,Platz,Lagerplatznummer,Stellplatz,Lagerfach,Fach"),
    "bin_kind": ("bin_kind", "库位类型,货位类型,库位属性,类型", "儲位類型,庫位類型,類型", "Bin kind,Kind,Bin type,Location type,Type", "Platzart,Lagerplatztyp,Platztyp,Typ"),
    "zone": ("code", "库区,库区编码,区域,分区,库区代码", "庫區,庫區編碼,區域,儲區", "Zone,Zone code,Area", "Zone,Lagerbereich,Bereich,Lagerzone"),
    "walk_sequence": ("whole", "拣货顺序,走位顺序,路径顺序", "揀貨順序,路徑順序", "Walk sequence,Pick sequence,Sequence", "Laufreihenfolge,Wegfolge,Reihenfolge"),
    "capacity_lpns": ("whole", "托盘容量,容量,库容,可放托数", "棧板容量,容量", "Room for LPNs,Capacity,Pallet capacity", "Kapazität,Palettenplätze,Stellplätze"),
    "takes_mixed_lots": ("flag", "允许混批,可混批,混批", "允許混批,可混批", "Mixed lots,Takes mixed lots", "Chargenmischung,Mischbelegung"),
    "lpn": ("code", "托盘号,托盘码,SSCC,托盘编号,LPN", "棧板號,棧板碼,SSCC,棧板編號", "LPN,SSCC,Pallet,Pallet ID,Pallet number", "SSCC,NVE,Palettennummer,Palette,Ladeeinheit"),
    # which lot, how much, when
    "lot": ("lot", "批号,批次,批次号,生产批号,批号/序列号,产品批号,物料批号", "批號,批次,批次號,生產批號,產品批號", "Lot,Lot number,Lot no,Batch,Batch number,Batch no,Lot code,Batch code",
        "Charge,Chargennummer,Chargen Nr,Chargennr,Ch B,Los,Losnummer"),
    "maker_lot": ("lot", "厂家批号,原厂批号,供应商批号,厂商批号", "廠商批號,原廠批號,供應商批號", "Maker lot,Manufacturer lot,Supplier lot,Vendor batch,Vendor lot,Manufacturer batch", "Herstellercharge,Lieferantencharge"),
    "quantity": ("quantity", "数量,库存数量,结存数量,现存量,库存,库存量,期初数量,订单数量,订购数量,数目,可用数量,实存数量,入库数量,出库数量,领用数量,领料数量,发货数量,收货数量",
        "數量,庫存數量,結存數量,現存量,庫存,庫存量,期初數量,訂單數量,訂購數量,可用數量,入庫數量,出庫數量,領用數量,領料數量,出貨數量,收貨數量",
        "Quantity,Qty,On hand,Stock,Amount,Stock quantity,Opening quantity,On hand quantity,Order quantity,Ordered,Consumed quantity",
        "Menge,Bestand,Anzahl,Lagerbestand,Bestandsmenge,Stückzahl,Bestellmenge,Verbrauchsmenge"),
    "unit": ("unit", "单位,计量单位,库存单位,数量单位", "單位,計量單位,庫存單位", "Unit,UoM,Unit of measure", "Einheit,Mengeneinheit,ME,EH"),
    "expires_on": ("last_day", "有效期至,失效日期,到期日,有效期,失效期,到期日期,效期,有效日期,有效期限,过期日期", "有效期至,失效日期,到期日,有效期,失效期,有效日期,效期,有效期限",
        "Expiry,Expiry date,Expires,Expires on,Expiration date,Exp date,Exp,Use by,Valid until,Shelf life expiration date",
        "Verfallsdatum,Verfalldatum,Ablaufdatum,Verfall,Gültig bis,Verwendbar bis,Verfallsdat"),
    "best_before_on": ("last_day", "最佳食用期,赏味期限,最佳赏味期,保质期至", "最佳食用期,賞味期限,保質期至", "Best before,Best before date,BBD,BBE,BB", "MHD,Mindesthaltbarkeitsdatum,Mindestens haltbar bis"),
    "manufactured_on": ("first_day", "生产日期,制造日期,产日,生产日", "生產日期,製造日期", "Made on,Manufactured,Manufactured on,Manufacturing date,Production date,Mfg date,Mfd", "Herstelldatum,Herstellungsdatum,Produktionsdatum,Hergestellt am"),
    "received_on": ("day", "入库日期,收货日期,到货日期,入库时间,收货时间", "入庫日期,收貨日期,到貨日期,入庫時間", "Received,Received on,Receipt date,Date received,GR date", "Wareneingang,Eingangsdatum,Wareneingangsdatum,WE Datum"),
    "country": ("country", "原产国,原产地,国家,产地", "原產國,原產地,國家,產地", "Country,Country of origin,Origin", "Ursprungsland,Herkunftsland,Land,Herkunft"),
    "quality": ("quality", "质量状态,库存状态,品质状态,检验状态,状态", "品質狀態,庫存狀態,檢驗狀態,狀態", "Quality,Quality status,Stock status,QC status,Status", "Qualität,Qualitätsstatus,Bestandsart,Status"),
    "document": ("code", "单据号,单据编号,单号,凭证号,期初单号,来源单号,批次单号", "單據號,單據編號,單號,憑證號", "Document,Document number,Document no,Doc no,Reference,Voucher",
        "Beleg,Belegnummer,Beleg Nr,Belegnr,Referenz,Dokument"),
    # orders
    "number": ("code", "订单号,订单编号,销售订单号,销售单号,订货单号,单号,单据号,单据编号,出库单号", "訂單號,訂單編號,銷售訂單號,銷售單號,單號,單據號", "Order,Order number,Order no,Sales order,SO,SO number,Document,Document number",
        "Auftrag,Auftragsnummer,Auftrags Nr,Auftragsnr,Bestellung,Bestellnummer,Bestell Nr,Kundenauftrag,Belegnummer"),
    "ship_on": ("day", "发货日期,交货日期,要求发货日期,出库日期,交期,要求到货日期,日期", "出貨日期,交貨日期,出庫日期,交期,發貨日期,日期", "Leaves on,Ship date,Ship on,Delivery date,Due date,Requested date,Date", "Lieferdatum,Versanddatum,Liefertermin,Termin,Wunschtermin,Datum"),
    "priority": ("whole", "优先级", "優先級,優先順序", "Priority", "Priorität"),
    "note": ("line", "备注,说明,摘要", "備註,說明,摘要", "Note,Notes,Remark,Remarks,Comment", "Bemerkung,Notiz,Hinweis,Kommentar,Anmerkung"),
    # history
    "event": ("event", "事件,业务类型,类型,单据类型,出入库类型,事务类型", "事件,業務類型,類型,單據類型,出入庫類型", "Event,Type,Transaction,Transaction type,Movement,Movement type", "Ereignis,Vorgang,Bewegungsart,Belegart,Art,Typ"),
    "happened_on": ("day", "日期,发生日期,业务日期,单据日期,出入库日期", "日期,發生日期,業務日期,單據日期", "Date,Happened on,Posting date,Transaction date,Document date", "Datum,Buchungsdatum,Belegdatum"),
    "output_sku": ("code", "成品编码,产出物料编码,产成品编码,成品料号,成品代码", "成品編碼,產出物料編碼,成品料號", "Output item,Output SKU,Finished item,Finished product,Product made", "Fertigartikel,Ausgangsartikel,Endprodukt,Erzeugnis"),
    "output_lot": ("lot", "成品批号,产出批号,产成品批号", "成品批號,產出批號", "Output lot,Output batch,Finished lot,Finished batch,Lot made", "Fertigcharge,Ausgangscharge,Endcharge,Erzeugnischarge"),
    "output_quantity": ("quantity", "成品数量,产出数量,产量", "成品數量,產出數量,產量", "Output quantity,Finished quantity,Quantity made", "Fertigmenge,Ausgangsmenge,Erzeugnismenge"),
    "output_unit": ("unit", "成品单位,产出单位", "成品單位,產出單位", "Output unit", "Ausgangseinheit"),
}  # fmt: skip

#: The fields of each kind in the order of its template: "!" needed, "?" left out of the template, "a=b" the words of b.
_KINDS: Final[dict[str, str]] = {
    "items": (
        "sku! name_zh name_en specification item_class base_unit! storage_class date_basis shelf_life_days gtin pack_unit"
        " pack_factor pack_gtin pack2_unit? pack2_factor? pack2_gtin? is_inspected_at_receipt has_unit_ids?"
        " receipt_life_days_min?"
        " receipt_life_percent_min? expiry_warning_days? maker registrant? approval_number approval_valid_until? allergen?"
        " hazard? food_traceability? food_traceability_category? country? is_active?"
    ),
    "partners": (
        "code! name_zh=partner_name_zh name_en=partner_name_en role is_supplier? is_maker? is_customer? gln address phone"
        " licence_number licence_scope licence_expires_on email language recall_contact recall_contact_verified_on?"
        " shelf_life_days_min? shelf_life_percent_min? is_active?"
    ),
    "bins": "code=bin_code! kind=bin_kind zone walk_sequence capacity_lpns takes_mixed_lots? warehouse?",
    "lots": (
        "sku! item_name lot! expires_on best_before_on manufactured_on received_on bin=bin_code quantity unit quality lpn?"
        " document supplier maker maker_lot? country? warehouse?"
    ),
    "orders": "number! customer! ship_on! sku! item_name quantity! unit lot priority? note warehouse?",
    "history": (
        "event happened_on! document sku! item_name lot! quantity! unit partner supplier? customer? output_sku output_lot"
        " output_quantity output_unit? expires_on manufactured_on? note?"
    ),
}  # fmt: skip

#: The name of the item may stand in the place of its code, and either name of an item or partner will do.
EITHER: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "items": (("name_zh", "name_en"),),
    "partners": (("name_zh", "name_en"),),
    "lots": (("sku", "item_name"),),
    "orders": (("sku", "item_name"),),
    "history": (("sku", "item_name"),),
}


def _fields(said: str) -> tuple[tuple[Field, ...], frozenset[str]]:
    made, rare = [], set()
    for word in said.split():
        name, _, source = word.rstrip("!?").partition("=")
        form, *columns = _TABLE[source or name]
        words = tuple(tuple(part.strip() for part in column.split(",")) for column in columns)
        made.append(Field(name, form, words, is_required=word.endswith("!")))
        if word.endswith("?"):
            rare.add(name)
    return tuple(made), frozenset(rare)


KINDS: Final[Mapping[str, tuple[Field, ...]]] = {kind: _fields(said)[0] for kind, said in _KINDS.items()}
_RARE: Final = {kind: _fields(said)[1] for kind, said in _KINDS.items()}


def template_fields(kind: str) -> list[Field]:
    """List the fields that stand in the template of a kind."""
    return [field for field in KINDS[kind] if field.name not in _RARE[kind]]


def field_of(kind: str, name: str) -> Field:
    """Give one field of a kind; KeyError when it has none of this name."""
    return {field.name: field for field in KINDS[kind]}[name]


# -- words ------------------------------------------------------------------------------------------------------------
_PUNCTUATION = re.compile(r"[^a-z0-9]")
_BRACKETS = re.compile(r"[(\[{<【〔《（［｛].*?[)\]}>】〕》）］｝]")


@lru_cache(maxsize=20_000)
def squeezed(text: str) -> str:
    """A word as it is compared: NFKC, without case, blanks and punctuation."""
    if text.isascii():
        return _PUNCTUATION.sub("", text.casefold())
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")


def in_brackets(text: str) -> str:
    """What stands in brackets behind a heading: a unit, as in 数量（箱）; "" for none."""
    found = re.search(r"[(\[【（［](.+?)[)\]】）］]", text)
    return found[1].strip() if found else ""


@cache
def _names(kind: str) -> Mapping[str, str]:
    """Squeezed word -> field; of two fields with one word the one that stands first wins."""
    known: dict[str, str] = {}
    for field in KINDS[kind]:
        known.setdefault(squeezed(field.name), field.name)
        for language in field.words:
            for word in language:
                known.setdefault(squeezed(word), field.name)
                known.setdefault(squeezed(_BRACKETS.sub("", word)) or squeezed(word), field.name)
    return known


def field_named(kind: str, heading: str) -> str:
    """Give the field that a heading names in a kind, "" when none does. Brackets count only where they tell two apart."""
    known = _names(kind)
    return known.get(squeezed(heading)) or known.get(squeezed(_BRACKETS.sub("", heading)), "")


#: What a row of sums begins with, and what a note below the table begins with.
TOTALS: Final = (
    "合计", "总计", "小计", "共计", "累计", "本页合计", "合計", "總計", "小計", "共計", "累計", "总数", "總數", "total", "grand total", "subtotal",
    "sub total", "totals", "sum", "gesamt", "summe", "gesamtsumme", "zwischensumme", "insgesamt", "endsumme", "gesamtmenge",
)  # fmt: skip
NOTES: Final = (
    "备注", "说明", "注", "注意", "制表", "制表人", "审核", "审核人", "打印", "打印日期", "打印时间", "填表", "填表人", "仓管员", "经办人", "備註", "說明",
    "製表", "審核", "列印", "note", "notes", "remark", "remarks", "prepared by", "printed", "checked by", "page", "signature", "hinweis",
    "bemerkung", "erstellt", "gedruckt", "geprüft", "seite", "stand", "unterschrift",
)  # fmt: skip
_TOTALS: Final = frozenset(squeezed(word) for word in TOTALS)
_NOTES: Final = frozenset(squeezed(word) for word in NOTES)


@lru_cache(maxsize=20_000)
def is_total(text: str) -> bool:
    """Say whether a cell begins a row of sums: 合计, 合计：, 合 计, Total, Summe (netto)."""
    if len(text) > 40 or text[:1].isdigit():
        return False
    word = squeezed(_BRACKETS.sub("", text))
    first = squeezed(re.split(r"[:：]", text, maxsplit=1)[0])
    return word in _TOTALS or first in _TOTALS or word.rstrip("0123456789") in _TOTALS


def is_note(text: str) -> bool:
    """Say whether a cell begins a note below the table: 备注：…, 制表人：…, Note: …"""
    first = squeezed(re.split(r"[:：]", text, maxsplit=1)[0])
    return first in _NOTES


# -- units ------------------------------------------------------------------------------------------------------------
#: What people call a unit -> the code stock keeps. A word that is not here is taken as a code if it can be one.
UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "ea": ("个", "個", "只", "隻", "件", "枚", "each", "ea", "piece", "pieces", "stück", "stueck", "stk", "st"),
    "pc": ("pc", "pcs", "片", "张", "張"),
    "bag": ("袋", "包", "bag", "bags", "beutel", "sack"),
    "bar": ("条", "條", "bar", "riegel"),
    "bottle": ("瓶", "bottle", "bottles", "btl", "flasche", "flaschen", "fl"),
    "box": ("盒", "box", "boxes", "schachtel", "dose n", "bx"),
    "can": ("听", "罐", "can", "cans", "dose", "dosen"),
    "carton": ("纸箱", "紙箱", "carton", "cartons", "ctn", "karton", "kartons", "krt"),
    "case": ("箱", "case", "cases", "cs", "kiste", "kisten"),
    "cup": ("杯", "cup", "becher"),
    "drum": ("桶", "drum", "drums", "fass", "trommel"),
    "g": ("g", "克", "gram", "gramm"),
    "jar": ("坛", "jar", "glas"),
    "kg": ("kg", "千克", "公斤", "kilogram", "kilogramm", "kilo"),
    "l": ("l", "升", "公升", "liter", "litre"),
    "m": ("m", "米", "公尺", "meter", "metre"),
    "ml": ("ml", "毫升", "milliliter"),
    "pack": ("小包", "组", "組", "pack", "packs", "pkg", "packung", "päckchen", "pck"),
    "pair": ("双", "雙", "对", "對", "pair", "paar"),
    "pallet": ("托", "托盘", "板", "栈板", "棧板", "pallet", "pallets", "plt", "palette", "paletten"),
    "reel": ("盘", "盤", "reel", "spule"),
    "roll": ("卷", "捲", "roll", "rolls", "rolle", "rollen"),
    "set": ("套", "set", "sets", "satz"),
    "syringe": ("注射器", "syringe", "spritze"),
    "t": ("t", "吨", "噸", "tonne", "ton"),
    "tub": ("盆", "tub", "kübel"),
    "tube": ("管", "tube", "tubes", "röhrchen"),
    "vial": ("支", "小瓶", "安瓿", "vial", "vials", "ampulle", "durchstechflasche"),
}
_UNIT_CODES: Final = {squeezed(word): code for code, words in UNITS.items() for word in (code, *words)}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,11}")


def unit_code(text: str) -> str:
    """Give the code of a unit by any of its words; the word itself where it can be a code, else ""."""
    known = _UNIT_CODES.get(squeezed(text))
    if known:
        return known
    return text.strip() if _CODE.fullmatch(text.strip()) else ""


# -- choices ----------------------------------------------------------------------------------------------------------
_YES = (
    "是",
    "有",
    "y",
    "yes",
    "true",
    "1",
    "x",
    "ja",
    "j",
    "wahr",
    "√",
    "✓",
    "✔",
    "启用",
    "啟用",
    "在用",
    "需要",
    "active",
    "aktiv",
)
_NO = ("否", "无", "無", "n", "no", "false", "0", "nein", "falsch", "×", "停用", "不需要", "inactive", "inaktiv", "-")
CHOICES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "flag": {"yes": _YES, "no": _NO},
    "food_traceability": {
        "listed": (*_YES, "在清单上", "在清單上", "on the list", "listed", "auf der liste"),
        "not_listed": (*_NO, "不在清单上", "不在清單上", "not on the list", "not listed", "nicht auf der liste"),
    },
    "item_class": {
        "food": ("食品", "食物", "原料", "food", "lebensmittel"),
        "drug": ("药品", "藥品", "药", "原料药", "drug", "pharma", "medicine", "arzneimittel"),
        "device": ("医疗器械", "器械", "醫療器材", "device", "medical device", "medizinprodukt"),
        "electronics": ("电子", "电子元件", "电子产品", "電子", "electronics", "elektronik"),
    },
    "storage_class": {
        "ambient": ("常温", "常溫", "室温", "室溫", "10-30℃", "ambient", "room temperature", "raumtemperatur", "normal"),
        "cool": ("阴凉", "陰涼", "不超过20℃", "≤20℃", "cool", "kühl"),
        "cold": ("冷藏", "2-8℃", "2~8℃", "2-8", "cold", "refrigerated", "chilled", "gekühlt", "kühlschrank"),
        "frozen": ("冷冻", "冷凍", "-18℃", "frozen", "deep frozen", "tiefgekühlt", "tk"),
    },
    "date_basis": {
        "expiry": ("有效期", "失效日期", "有效期至", "expiry", "verfallsdatum"),
        "best_before": ("最佳食用期", "保质期", "賞味期限", "best before", "mhd"),
        "none": ("无", "無", "不管理", "none", "no date", "ohne", "kein"),
    },
    "role": {
        "supplier": ("供应商", "供應商", "供货商", "供方", "supplier", "vendor", "lieferant", "kreditor"),
        "maker": ("生产商", "生产企业", "制造商", "厂家", "製造商", "生產商", "maker", "manufacturer", "hersteller"),
        "customer": ("客户", "客戶", "购货单位", "customer", "client", "kunde", "debitor"),
    },
    # 中文 and "Chinese" alone do not say which.
    "language": {
        "en": ("英语", "英文", "英語", "english", "englisch", "eng", "en-us", "en-gb"),
        "zh_Hans_CN": ("简体中文", "中文简体", "简体", "簡體中文", "簡體", "simplified chinese", "chinese (simplified)", "zh-cn", "zh-hans", "vereinfachtes chinesisch"),
        "zh_Hant_TW": ("繁体中文", "中文繁体", "繁体", "繁體中文", "中文繁體", "繁體", "正體中文", "traditional chinese", "chinese (traditional)", "zh-tw", "zh-hk", "zh-hant", "traditionelles chinesisch"),
    },
    "bin_kind": {
        "storage": ("存储", "存储位", "储存", "存货", "储位", "存儲", "儲存", "高架", "storage", "reserve", "lager", "reserveplatz", "vorrat"),
        "pick_face": ("拣货", "拣货位", "拣选", "拣选位", "揀貨", "揀貨位", "pick", "pick face", "picking", "kommissionierplatz", "pickplatz"),
        "dock": ("收货", "收货区", "月台", "收貨", "收貨區", "dock", "receiving", "rampe", "wareneingang"),
        "staging": ("集货", "集货区", "备货区", "集貨", "暫存", "staging", "bereitstellung"),
        "shipping": ("发货", "发货区", "出貨", "出貨區", "shipping", "warenausgang", "versand"),
        "quarantine": ("待检", "待验", "隔离", "待檢", "待驗", "隔離", "quarantine", "quarantäne", "sperrlager"),
        "reject_cage": ("不合格", "不合格区", "不良品", "不合格品区", "不合格區", "reject", "reject cage", "ausschuss", "sperrplatz"),
        "production": ("产线", "线边", "生产", "產線", "生產", "production", "produktion"),
        "sample": ("留样", "样品", "留樣", "樣品", "sample", "samples", "muster", "rückstellmuster"),
    },
    "quality": {
        "released": ("合格", "放行", "已放行", "可用", "良品", "正常", "released", "good", "available", "unrestricted", "ok", "frei", "freigegeben", "frei verwendbar"),
        "pending": ("待验", "待检", "待檢", "待驗", "检验中", "檢驗中", "pending", "quality inspection", "in inspection", "in prüfung", "qualitätsprüfung", "q"),
        "rejected": ("不合格", "不良品", "报废", "報廢", "rejected", "reject", "blocked", "gesperrt", "abgelehnt"),
    },
    "event": {
        "receipt": ("收货", "入库", "采购入库", "到货", "收貨", "入庫", "採購入庫", "receipt", "received", "goods receipt", "gr", "wareneingang", "zugang", "we"),
        "consumption": ("领料", "消耗", "投料", "生产领料", "领用", "領料", "領用", "consumption", "consumed", "issue", "issued", "used", "verbrauch", "entnahme"),
        "shipment": ("发货", "出库", "销售出库", "销售", "出貨", "出庫", "銷售出庫", "shipment", "shipped", "sale", "sold", "delivery", "goods issue", "lieferung", "warenausgang", "versand", "wa"),
    },
}  # fmt: skip
_KNOWN_CHOICES: Final = {
    form: {squeezed(word) or word: value for value, words in choices.items() for word in (value, *words)}
    for form, choices in CHOICES.items()
}


def choice(form: str, text: str) -> str:
    """Give the value that a word names among the choices of a form, "" when it names none."""
    known = _KNOWN_CHOICES[form]
    return known.get(squeezed(text) or text.strip(), "")
