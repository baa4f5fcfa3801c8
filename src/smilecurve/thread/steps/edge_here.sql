-- Lots within lots without those that a later correction withdrew.
create or replace temp view edge_here as
select e.lot, e.slot, e.inside, e.since
from (select * from edge_before union all select * from new_edge) e
where not exists (
  select 1
  from (select w.lot as whole, coalesce(w.c.component, w.c.part) as component, w.c.part as part, w.c.lot as lot
        from (select x.lot, unnest(x.components) as c from withdrawn x
              where x.kind = 'assembling' and x.machine is null and x.components is not null) w) g
  join all_lot o on o.code = g.whole
  join all_lot l on l.code = g.lot
  join all_slot s on s.component = g.component and s.part = g.part
  where o.lot = e.lot and s.slot = e.slot and l.lot = e.inside)
