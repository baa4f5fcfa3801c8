with heard as (
  select v.system || ':' || coalesce(v.fault, 'other') as part, m.family, k.climate,
         cast(floor((v.said_on - date '1970-01-05') / 7.0) as integer) as week
  from voiced_texts v
  join models m on m.model = v.model
  join markets k on k.market = v.market
  where v.counts and v.system is not null),
counted as (
  select h.part, h.family, h.climate, h.week, count(*) as n from heard h group by h.part, h.family, h.climate, h.week),
lives as (
  select f.family, f.climate, cast(floor((f.started - date '1970-01-05') / 7.0) as integer) as week, count(*) as n
  from fleet f group by f.family, f.climate, cast(floor((f.started - date '1970-01-05') / 7.0) as integer)
  union all
  select f.family, f.climate, cast(floor((f.until - date '1970-01-05') / 7.0) as integer) + 1 as week, -count(*) as n
  from fleet f where not f.in_service
  group by f.family, f.climate, cast(floor((f.until - date '1970-01-05') / 7.0) as integer) + 1),
span as (
  select min(c.week) as first_week, max(c.week) as last_week from counted c),
grid as (
  select g.part, g.family, g.climate, w.week
  from (select distinct c.part, c.family, c.climate from counted c) g
  cross join span s
  join generate_series(0, 6000) as w(week) on w.week >= s.first_week and w.week <= s.last_week),
inside as (
  select p.family, p.climate, w.week, sum(l.n) as n
  from (select distinct c.family, c.climate from counted c) p
  cross join span s
  join generate_series(0, 6000) as w(week) on w.week >= s.first_week and w.week <= s.last_week
  join lives l on l.family = p.family and l.climate = p.climate and l.week <= w.week
  group by p.family, p.climate, w.week)
select g.part, g.family, g.climate, date '1970-01-05' + cast(g.week * 7 as integer) as week,
       coalesce(c.n, 0) as failures, cast(coalesce(i.n, 0) as double precision) as exposure
from grid g
left join inside i on i.family = g.family and i.climate = g.climate and i.week = g.week
left join counted c on c.part = g.part and c.family = g.family and c.climate = g.climate and c.week = g.week
where coalesce(i.n, 0) > 0 or coalesce(c.n, 0) > 0
