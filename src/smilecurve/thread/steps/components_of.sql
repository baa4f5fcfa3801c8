-- The components of a machine: as built, fitted later, and what sits inside them.
with direct as (
  select k.unit, k.slot, k.lot, k.since, c.until
  from {links} k
  left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
  union all
  select f.unit, f.slot, f.lot, f.since, f.until from fitted f where f.unit in ({units}))
select n.machine, 1 as level, n.machine as within, s.component, s.part, l.code as lot, d.since, d.until
from direct d
join unit_name n on n.unit = d.unit
join slot s on s.slot = d.slot
join lot_code l on l.lot = d.lot
union all
select n.machine, min(i.level) + 1 as level, w.code as within, s.component, s.part, l.code as lot, min(d.since) as since,
       case when max(case when d.until is null then 1 else 0 end) = 1 then null else max(d.until) end as until
from direct d
join within i on i.lot = d.lot
join unit_name n on n.unit = d.unit
join slot s on s.slot = i.slot
join lot_code l on l.lot = i.inside
join lot_code w on w.lot = i.holder
group by n.machine, w.code, s.component, s.part, l.code
