-- Lots picked for work orders.
select p.pos, p.work_order, coalesce(p.c.component, p.c.part) as component, p.c.part as part, p.c.lot as lot
from (select e.pos, e.ref as work_order, unnest(e.components) as c from event e
      where e.kind = 'picking' and e.components is not null) p
