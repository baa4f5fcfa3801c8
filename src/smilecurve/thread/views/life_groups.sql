with lives as (
  select f.config, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer) as age_month, sum(f.machines) as n
  from fleet_counts f
  group by f.config, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer)),
ends as (
  select p.part, g.family, g.climate, g.age_month, sum(g.n * p.places) as n
  from lives g join placed p on p.config = g.config and p.spare = 1
  group by p.part, g.family, g.climate, g.age_month),
failing_here as (
  select f.part, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer) as end_month,
         cast(floor((greatest(f.started, least(f.failed, f.until)) - f.started) / 30.4375) as integer) as age_month,
         sum(f.machines) as n
  from failing_counts f join parts p on p.part = f.part and p.spare
  group by f.part, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer),
           cast(floor((greatest(f.started, least(f.failed, f.until)) - f.started) / 30.4375) as integer)),
counted as (
  select c.part, c.family, c.climate, c.age_month, sum(c.failed) as failed, sum(c.censored) as censored
  from (select e.part, e.family, e.climate, e.age_month, 0 as failed, e.n as censored from ends e
        union all
        select f.part, f.family, f.climate, f.end_month, 0, -f.n from failing_here f
        union all
        select f.part, f.family, f.climate, f.age_month, f.n, 0 from failing_here f) c
  group by c.part, c.family, c.climate, c.age_month),
grid as (
  select g.part, g.family, g.climate, m.age_month
  from (select c.part, c.family, c.climate, max(c.age_month) as last_month from counted c group by c.part, c.family, c.climate) g
  join generate_series(0, 1200) as m(age_month) on m.age_month <= g.last_month)
select g.part, g.family, g.climate, g.age_month,
       sum(coalesce(c.failed, 0) + coalesce(c.censored, 0)) over (
         partition by g.part, g.family, g.climate order by g.age_month desc rows between unbounded preceding and current row) as entered,
       coalesce(c.failed, 0) as failed, coalesce(c.censored, 0) as censored
from grid g
left join counted c on c.part = g.part and c.family = g.family and c.climate = g.climate and c.age_month = g.age_month
