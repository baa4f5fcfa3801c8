with told as (
  select n.unit, e.part, e.kind, cast(date_trunc('month', e.event_time) as date) as month,
         count(*) filter (where e.kind = 'replacing') over (partition by n.unit, e.part) as replaced,
         count(*) filter (where e.kind = 'failure') over (partition by n.unit, e.part) as failed
  from event e
  cross join today t
  join unit_name n on n.machine = e.machine
  where e.kind in ('replacing', 'failure') and e.part is not null and cast(e.event_time as date) > t.day - 1096)
select f.depot, u.part, u.month, count(*) as used
from told u join fleet f on f.unit = u.unit
where f.depot is not null and u.kind = case when u.replaced >= u.failed then 'replacing' else 'failure' end
group by f.depot, u.part, u.month
