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
  select f.depot, u.part, f.climate, sum(u.n) as n
  from parts_used u join fleet f on f.unit = u.unit
  where f.depot is not null
  group by f.depot, u.part, f.climate)
select s.depot, s.part, s.climate, coalesce(u.n, 0) as used, y.years, s.machines, s.days / 30.4375 / s.machines as mean_age_months
from served s
cross join years_seen y
left join used u on u.depot = s.depot and u.part = s.part and u.climate = s.climate
