-- The first verified failure of a part on a machine, and how often it failed.
select f.unit, f.part, cast(f.event_time as date) as failed, f.lot, f.times
from (select n.unit, e.part, e.event_time, e.lot,
             count(*) over (partition by n.unit, e.part) as times,
             row_number() over (partition by n.unit, e.part order by e.event_time, e.pos) as nth
      from event e join unit_name n on n.machine = e.machine
      where e.kind = 'failure' and e.part is not null) f
where f.nth = 1
