-- The day on which each machine was shipped first.
select n.unit, min(cast(e.event_time as date)) as day
from event e join unit_name n on n.machine = e.machine
where e.kind = 'shipping'
group by n.unit
