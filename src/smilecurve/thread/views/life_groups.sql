with lives as (
  select b.config, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer) as age_month, count(*) as n
  from fleet f join built_as b on b.unit = f.unit
  group by b.config, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer)),
ends as (
  select p.part, g.family, g.climate, g.age_month, sum(g.n * p.places) as n
  from lives g join placed p on p.config = g.config and p.spare = 1
  group by p.part, g.family, g.climate, g.age_month),
failing as (
  select x.part, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer) as end_month,
         cast(floor((greatest(f.started, least(x.failed, f.until)) - f.started) / 30.4375) as integer) as age_month, count(*) as n
  from first_failure x
  join fleet f on f.unit = x.unit
  join (select distinct b.unit, p.part from first_failure y join built_as b on b.unit = y.unit
        join placed p on p.config = b.config and p.spare = 1 and p.part = y.part) o on o.unit = x.unit and o.part = x.part
  group by x.part, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer),
           cast(floor((greatest(f.started, least(x.failed, f.until)) - f.started) / 30.4375) as integer)),
counted as (
  select c.part, c.family, c.climate, c.age_month, sum(c.failed) as failed, sum(c.censored) as censored
  from (select e.part, e.family, e.climate, e.age_month, 0 as failed, e.n as censored from ends e
        union all
        select f.part, f.family, f.climate, f.end_month, 0, -f.n from failing f
        union all
        select f.part, f.family, f.climate, f.age_month, f.n, 0 from failing f) c
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
