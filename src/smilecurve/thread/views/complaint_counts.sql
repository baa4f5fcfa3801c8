-- New complaints by week, and the machines of that family in service in that market that week.
with heard as (
  select v.system, coalesce(v.fault, 'other') as fault, m.family, k.climate, v.market,
         cast(floor((v.said_on - date '1970-01-05') / 7.0) as integer) as week
  from voiced_texts v
  join models m on m.model = v.model
  join markets k on k.market = v.market
  where v.counts and v.system is not null),
counted as (
  select h.system, h.fault, h.family, h.climate, h.market, h.week, count(*) as n
  from heard h group by h.system, h.fault, h.family, h.climate, h.market, h.week),
lives as (
  select f.family, f.market, cast(floor((f.started - date '1970-01-05') / 7.0) as integer) as week, count(*) as n
  from fleet f group by f.family, f.market, cast(floor((f.started - date '1970-01-05') / 7.0) as integer)
  union all
  select f.family, f.market, cast(floor((f.until - date '1970-01-05') / 7.0) as integer) + 1 as week, -count(*) as n
  from fleet f where not f.in_service
  group by f.family, f.market, cast(floor((f.until - date '1970-01-05') / 7.0) as integer) + 1),
inside as (
  select p.family, p.market, p.week, sum(l.n) as n
  from (select distinct c.family, c.market, c.week from counted c) p
  join lives l on l.family = p.family and l.market = p.market and l.week <= p.week
  group by p.family, p.market, p.week)
select c.system || ':' || c.fault as part, c.system, c.fault, c.family, c.climate, c.market,
       date '1970-01-05' + cast(c.week * 7 as integer) as week, c.n as failures,
       cast(coalesce(i.n, 0) as double precision) as exposure
from counted c
left join inside i on i.family = c.family and i.market = c.market and i.week = c.week
