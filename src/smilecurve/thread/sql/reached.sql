-- Machines that a lot on hold was built or fitted into, at any level, and whether one of it is still in.
with suspect as (
  select s.part, s.lot, l.lot as held from suspect_lots s join lot_code l on l.code = s.lot where s.hold),
reach as (
  select s.part, s.lot, s.held from suspect s
  union
  select s.part, s.lot, i.lot as held from suspect s join inside i on i.inside = s.held)
select g.part, g.lot, g.unit, max(g.still_in) as still_in
from (select r.part, r.lot, k.unit, case when c.until is null then 1 else 0 end as still_in
      from reach r join holds k on k.lot = r.held
      left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
      union all
      select r.part, r.lot, f.unit, case when f.until is null then 1 else 0 end as still_in
      from reach r join fitted f on f.lot = r.held) g
group by g.part, g.lot, g.unit
