with lives as (
  select f.depot, f.climate, b.config, count(*) as n, sum(f.until - f.started) as days
  from fleet f join built_as b on b.unit = f.unit
  where f.in_service and f.depot is not null
  group by f.depot, f.climate, b.config),
served as (
  select g.depot, p.part, g.climate, sum(g.n) as machines, sum(g.days) as days
  from lives g join placed p on p.config = g.config and p.spare = 1
  group by g.depot, p.part, g.climate),
used as (
  select f.depot, u.part, f.climate, sum(greatest(u.replaced, u.failed)) as n
  from (select n.unit, e.part, count(*) filter (where e.kind = 'replacing') as replaced,
               count(*) filter (where e.kind = 'failure') as failed
        from event e
        cross join today t
        join unit_name n on n.machine = e.machine
        where e.kind in ('replacing', 'failure') and e.part is not null and cast(e.event_time as date) > t.day - 1096
        group by n.unit, e.part) u
  join fleet f on f.unit = u.unit
  where f.depot is not null
  group by f.depot, u.part, f.climate),
seen as (
  select greatest(least(3.0, (max(t.day) - min(f.started)) / 365.25), 1.0 / 12) as years from fleet f cross join today t)
select s.depot, s.part, s.climate, coalesce(u.n, 0) as used, y.years, s.machines, s.days / 30.4375 / s.machines as mean_age_months
from served s
cross join seen y
left join used u on u.depot = s.depot and u.part = s.part and u.climate = s.climate
