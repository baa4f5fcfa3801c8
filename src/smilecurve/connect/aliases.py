"""Which names do other systems give our columns?

English, German, Chinese, French, Spanish, Italian and Japanese column names and those of common ERP exports, as facts.
Names are compared in small letters without spaces, points or underscores.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ALIASES", "KIND_ALIASES", "TARGET_WORDS"]


def _named(text: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in text.strip().splitlines():
        column, _, names = line.partition(":")
        found[column.strip()] = tuple(name.strip() for name in names.split(",") if name.strip())
    return found


ALIASES: Mapping[str, tuple[str, ...]] = _named("""
part: part no, part number, part num, pn, material, material number, article, article no, artikel, artikelnummer, artikelnr, teil, teilenummer, teile nr, materialnummer, sku, item, item no, item code, item number, product code, 零件, 零件号, 零件编号, 物料, 物料编码, 物料号, 料号, 部件号, 产品编码, référence, article référence, pieza, número de pieza, codice articolo, codice, 品番, 部品番号
parent: parent item, parent part, assembly, baugruppe, oberteil, stückliste, kopfmaterial, 父件, 父项, 上级物料, 母件, ensemble, conjunto, assieme, 親品番
component: position, pos, place, find no, reference designator, ref des, einbauort, stelle, 位置, 装配位置, 部位, repère, posición, posizione
name: description, designation, bezeichnung, beschreibung, benennung, text, title, product name, part name, item name, 名称, 描述, 品名, 物料描述, désignation, libellé, nombre, descripción, descrizione, denominazione, 品名, 名前
quantity: qty, stock, on hand, bestand, lagerbestand, 库存, quantity ordered, quantity purchased, amount ordered, menge, anzahl, stückzahl, bestellmenge, 数量, 件数, 用量, quantité, cantidad, quantità, pieces, pcs, count, 個数
system: group, category, commodity, warengruppe, gruppe, baugruppe, 系统, 类别, 分类, catégorie, categoría, categoria
source: procurement type, make or buy, make buy, beschaffungsart, eigen fremd, 来源, 自制外购, 采购类型, approvisionnement, origen
supplier: vendor, vendor no, supplier no, supplier name, lieferant, lieferantennummer, kreditor, 供应商, 供应商编码, 供货商, fournisseur, proveedor, fornitore, 仕入先
lead_days: lead time, lead time days, leadtime, lieferzeit, wiederbeschaffungszeit, planlieferzeit, 交期, 提前期, 采购周期, délai, plazo, tempo di consegna
lot_least: moq, minimum order quantity, min order qty, mindestbestellmenge, mindestmenge, 最小起订量, 最小订货量
lot_multiple: order multiple, pack size, pack quantity, verpackungseinheit, rundungswert, 包装数量, 最小包装
scrap: scrap rate, waste, ausschuss, 报废率, 损耗率, rebut, merma
cost: standard cost, unit cost, std cost, price, unit price, stückkosten, herstellkosten, preis, 成本, 标准成本, 单价, coût, coste, costo
currency: curr, currency code, währung, waehrung, 币种, 货币, devise, moneda, valuta, 通貨
mass_kg: weight, mass, net weight, gross weight, gewicht, nettogewicht, bruttogewicht, 重量, 净重, 毛重, poids, peso, 質量
length_m: length, länge, laenge, 长, 长度, longueur, largo, lunghezza
width_m: width, breite, 宽, 宽度, largeur, ancho, larghezza
height_m: height, höhe, hoehe, 高, 高度, hauteur, alto, altezza
spare: spare part, is spare, ersatzteil, 备件, 是否备件, pièce de rechange, recambio
lot: batch, batch no, batch number, lot no, lot number, charge, chargennummer, los, 批次, 批号, 批次号, numéro de lot, lote, lotto, ロット
machine: serial, serial no, serial number, sn, s/n, machine no, machine serial, vin, seriennummer, maschinennummer, fahrgestellnummer, 序列号, 机号, 整机编号, 出厂编号, 机器编号, numéro de série, número de serie, matricola, 機番, シリアル番号
model: model no, model name, type, modell, typ, maschinentyp, 型号, 机型, 产品型号, modèle, modelo, modello, 機種
family: product family, product line, produktfamilie, 产品系列, 产品线, gamme, familia
market: country, country code, ship country, destination, destination country, land, länderkennzeichen, lieferland, zielland, 国家, 市场, 目的国, 出口国, pays, país, paese, 国
region: sales region, area, vertriebsregion, 区域, 大区, région, región
place: location, site, warehouse, plant, store, lager, lagerort, werk, standort, 地点, 仓库, 库位, 工厂, lieu, entrepôt, almacén, magazzino, 場所
party: customer, customer no, customer name, client, buyer, sold to, kunde, kundennummer, auftraggeber, 客户, 客户名称, 客户编码, 买方, cliente, 顧客, 取引先
ref: document, document no, reference, beleg, belegnummer, 单号, 单据号, numéro
code: reason code, fault code, error code, fehlercode, 代码, 故障代码
disposition: status, result, outcome, ergebnis, 结果, 状态
amount: total, net amount, value, order value, total price, line total, item price, betrag, nettobetrag, summe, gesamtpreis, 金额, 总价, 总金额, montant, importe, importo, 金額
event_time: date, time, timestamp, datetime, event date, datum, zeitpunkt, zeitstempel, 日期, 时间, 发生时间, date heure, fecha, data, 日付
record_time: recorded, created at, erfasst am, 记录时间
due: due date, delivery date, required date, termin, liefertermin, fälligkeit, 交货日期, 到期日, 计划日期, échéance, fecha de entrega, scadenza, 納期
receipt: purchase order, po, po number, order no, bestellung, bestellnummer, 采购单, 采购订单号, commande
sales_order: order, order no, order number, sales order no, auftrag, auftragsnummer, 销售订单, 订单号
line: production line, assembly line, linie, montagelinie, 产线, 生产线, 装配线, ligne, línea, linea
task: task no, operation, operation no, work element, vorgang, arbeitsgang, arbeitsschritt, 工序, 工步, 任务, tâche, tarea
time_s: time, standard time, operation time, task time, cycle time, vorgabezeit, bearbeitungszeit, zeit, 工时, 标准工时, 作业时间, temps, tiempo, tempo
station: station no, workstation, stationsnummer, arbeitsplatz, 工位, 工位号, poste, estación, stazione
stations: number of stations, stationen, 工位数
takt_s: takt, takt time, cycle time, taktzeit, 节拍, 生产节拍
before: predecessor, vorgänger, 前序, 紧前工序, prédécesseur
after: successor, nachfolger, 后序, 紧后工序, successeur
option: option code, feature, ausstattung, 选装, 选项
depot: warehouse, depot no, ersatzteillager, 备件库, 配件库, dépôt, depósito
on_hand: stock, stock on hand, on hand, qoh, bestand, lagerbestand, 库存, 现存量, 在库数量, stock disponible, giacenza
latitude: lat, breitengrad, 纬度
longitude: lon, lng, long, längengrad, 经度
price: list price, unit price, listenpreis, preis, 价格, 单价, prix, precio, prezzo
hs: hs code, tariff code, customs code, zolltarifnummer, 海关编码, 税则号
duty: duty rate, customs duty, zollsatz, 关税, 关税率
vat: vat rate, mwst, umsatzsteuer, 增值税, 增值税率, tva, iva
incoterm: incoterms, delivery terms, lieferbedingung, 贸易术语
lane: route, shipping lane, 航线, 线路
origin: from, port of loading, abgangshafen, 起运港
mode: transport mode, transportart, 运输方式
container: container type, 箱型, 集装箱类型
payload_kg: payload, max payload, nutzlast, 载重
months: term, duration, laufzeit, 月数, 期限
hours: operating hours, hour meter, meter, betriebsstunden, 工作小时, 小时数, heures
symptom: complaint, problem, beanstandung, fehlerbild, 故障现象, 症状
cause: root cause, fehlerursache, ursache, 故障原因, 原因
technician: engineer, techniker, 技师, 服务工程师
partner: service partner, dealer, servicepartner, händler, 服务商, 经销商
skills: skill, qualification, qualifikation, 技能
speed_km_h: speed, geschwindigkeit, 速度
in_cny: rate, exchange rate, kurs, wechselkurs, 汇率
day: date, datum, 日期
priority: prio, priorität, 优先级
at_most: max, maximum, höchstens, 最多
out_of: window, block size, fenster, 窗口
""")

KIND_ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sales_order": _named("""
ref: sales order, sales order no, order, order no, order number, order id, so number, auftrag, auftragsnummer, auftragsnr, bestellnummer, bestellung, 订单, 订单号, 销售订单, 销售订单号, 合同号, commande, numéro de commande, pedido, número de pedido, ordine, 注文番号, 受注番号
part: model, modell, product, produkt, 型号, 机型, 产品型号, 产品, modèle, producto, prodotto
event_time: order date, ordered, ordered on, auftragsdatum, bestelldatum, 订单日期, 下单日期, 签约日期, date de commande, fecha de pedido, data ordine, 注文日
"""),
    "work_order": _named("""
ref: work order, work order no, production order, wo number, job, fertigungsauftrag, auftrag, 工单, 工单号, 生产订单, 生产任务单
part: model, modell, product, 型号, 机型
event_time: release date, released, freigabe, 下达日期
"""),
    "shipping": _named("""
event_time: ship date, shipped, shipped on, dispatch date, versanddatum, lieferdatum, 发货日期, 出库日期, date d'expédition
ref: sales order, order no, delivery, delivery note, lieferschein, 发货单号, 订单号
party: ship to, consignee, empfänger, 收货人, 收货方
place: from, ship from, versandort, 发货地
"""),
    "commissioning": _named("""
event_time: build date, built, production date, baudatum, produktionsdatum, fertigungsdatum, 生产日期, 下线日期, 出厂日期
part: model, modell, 型号, 机型
"""),
    "retail_selling": _named("""
event_time: sale date, sold, sold on, verkaufsdatum, 销售日期, 成交日期
party: buyer, customer, owner, holder, käufer, 购买方, 客户
amount: sale price, selling price, verkaufspreis, 售价, 成交价
"""),
    "start_up": _named("""
event_time: start up date, commissioning date, in service date, warranty start, inbetriebnahme, inbetriebnahmedatum, 开机日期, 启用日期, 保修开始日期
"""),
    "meter_reading": _named("""
quantity: hours, operating hours, hour meter, betriebsstunden, meter hours, engine hours, 工作小时, 小时数, 累计工作时间
event_time: reading date, read on, ablesedatum, 抄表日期, 采集时间
"""),
    "failure": _named("""
event_time: failure date, failed on, ausfalldatum, 故障日期, 失效日期
code: failure mode, mode, fehlerart, 失效模式, 故障模式
part: failed part, defektes teil, 故障件, 失效件
"""),
    "claim": _named("""
ref: claim, claim no, claim number, warranty claim, antrag, garantieantrag, 索赔单, 索赔单号, 三包单号
amount: claim amount, claimed, antragssumme, 索赔金额
event_time: claim date, antragsdatum, 索赔日期
"""),
    "ticket": _named("""
ref: ticket, ticket no, case, case no, service request, vorgang, 工单, 服务单号, 报修单号
code: symptom, complaint, problem, fehlerbild, 故障现象, 症状
event_time: opened, opened on, created, eröffnet, 报修时间
quantity: hours, operating hours, betriebsstunden, 工作小时
"""),
    "fault": _named("""
code: fault code, dtc, error code, fehlercode, 故障代码, 故障码
"""),
    "receiving": _named("""
event_time: return date, received, received on, eingangsdatum, rücksendedatum, 退货日期, 收货日期
ref: rma, rma no, return authorisation, 退货单号
"""),
    "installing": _named("""
event_time: installed, installed on, fitted on, eingebaut am, 安装日期, 装配日期
"""),
    "price": _named("""
amount: price, list price, preis, 价格
event_time: price date, valid from, preisdatum, gültig ab, 价格日期
"""),
}

TARGET_WORDS: Mapping[str, tuple[str, ...]] = {
    "bom": ("bill of material", "stückliste", "stueckliste", "物料清单", "nomenclature", "nomenclature"),
    "parts": ("parts list", "material master", "teilestamm", "artikelstamm", "物料主数据", "零件清单"),
    "suppliers": ("vendors", "lieferanten", "供应商", "fournisseurs"),
    "stocks": ("stock", "inventory", "bestand", "lagerbestand", "库存"),
    "depot_stocks": ("spares", "depot", "ersatzteilbestand", "备件库存"),
    "tasks": ("operations", "arbeitsgänge", "arbeitsplan", "工序", "工艺路线"),
    "receipts": ("purchase orders", "bestellungen", "采购订单", "在途"),
    "sales_order": ("orders", "sales", "auftraege", "aufträge", "bestellungen", "订单", "commandes"),
    "work_order": ("work orders", "production", "fertigungsaufträge", "工单"),
    "failure": ("failures", "ausfälle", "ausfaelle", "故障"),
    "claim": ("claims", "warranty", "garantie", "索赔"),
    "ticket": ("tickets", "service", "calls", "报修"),
    "shipping": ("shipments", "deliveries", "lieferungen", "发货"),
    "meter_reading": ("meter", "hours", "telematics", "betriebsstunden"),
    "retail_selling": ("sold", "registrations", "verkäufe", "销售"),
}
