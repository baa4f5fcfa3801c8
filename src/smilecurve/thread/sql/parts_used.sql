-- Pieces of each part that each machine needed in the last three years: changed, or failed where no change was told.
select u.unit, u.part, greatest(u.replaced, u.failed) as n
from (select n.unit, e.part, count(*) filter (where e.kind = 'replacing') as replaced,
             count(*) filter (where e.kind = 'failure') as failed
      from event e
      cross join today t
      join unit_name n on n.machine = e.machine
      where e.kind in ('replacing', 'failure') and e.part is not null and cast(e.event_time as date) > t.day - 1096
      group by n.unit, e.part) u
