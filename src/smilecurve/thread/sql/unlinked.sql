-- Links that stood in events which a later correction withdrew.
select n.unit, s.slot, l.lot
from (select w.machine, coalesce(w.c.component, w.c.part) as component, w.c.part as part, w.c.lot as lot
      from (select x.machine, unnest(x.components) as c from withdrawn x where x.kind = 'assembling' and x.components is not null) w) g
join unit_name n on n.machine = g.machine
join slot s on s.component = g.component and s.part = g.part
join lot_code l on l.code = g.lot
