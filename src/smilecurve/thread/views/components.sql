select n.machine, 1 as level, n.machine as within, s.component, s.part, l.code as lot, k.since, c.until
from link k
join unit_name n on n.unit = k.unit
join slot s on s.slot = k.slot
join lot_code l on l.lot = k.lot
left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
union all
select n.machine, 1 as level, n.machine as within, s.component, s.part, l.code as lot, f.since, f.until
from fitted f
join unit_name n on n.unit = f.unit
join slot s on s.slot = f.slot
join lot_code l on l.lot = f.lot
union all
select n.machine, min(i.level) + 1 as level, w.code as within, s.component, s.part, l.code as lot, min(k.since) as since,
       case when max(case when k.until is null then 1 else 0 end) = 1 then null else max(k.until) end as until
from (select b.unit, b.lot, b.since, c.until from link b
      left join closed c on c.unit = b.unit and c.slot = b.slot and c.lot = b.lot
      union all
      select f.unit, f.lot, f.since, f.until from fitted f) k
join within i on i.lot = k.lot
join unit_name n on n.unit = k.unit
join slot s on s.slot = i.slot
join lot_code l on l.lot = i.inside
join lot_code w on w.lot = i.holder
group by n.machine, w.code, s.component, s.part, l.code
