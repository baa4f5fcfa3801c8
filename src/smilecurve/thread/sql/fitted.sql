-- Components that went in after building, and when they came out again.
select i.unit, s.slot, l.lot, i.at as since, min(o.at) as until
from swap i
join slot s on s.component = i.component and s.part = i.part
join lot_code l on l.code = i.lot
left join swap o
  on o.act = 'out' and o.unit = i.unit and (o.at > i.at or (o.at = i.at and o.pos > i.pos))
  and (o.lot is null or o.lot = i.lot)
  and (o.component = i.component or (o.component is null and (o.part = i.part or o.lot = i.lot)))
where i.act = 'in'
group by i.unit, s.slot, l.lot, i.at
