with watched as (
  select distinct p.part from placed p
  where p.spare = 1 or p.part in (select x.part from first_failure x)),
lives as (
  select f.config, f.family, f.climate, cast(floor((f.started - date '1970-01-05') / 7.0) as integer) as first_week,
         case when f.in_service then null else cast(floor((f.until - date '1970-01-05') / 7.0) as integer) end as last_week,
         sum(f.machines) as n
  from fleet_counts f
  group by f.config, f.family, f.climate, cast(floor((f.started - date '1970-01-05') / 7.0) as integer),
           case when f.in_service then null else cast(floor((f.until - date '1970-01-05') / 7.0) as integer) end),
steps as (
  select s.part, s.family, s.climate, s.week, sum(s.n) as n
  from (select p.part, g.family, g.climate, g.first_week as week, g.n * p.places as n
        from lives g join placed p on p.config = g.config
        union all
        select p.part, g.family, g.climate, g.last_week + 1, -g.n * p.places
        from lives g join placed p on p.config = g.config where g.last_week is not null) s
  join watched w on w.part = s.part
  group by s.part, s.family, s.climate, s.week),
reported as (
  select n.unit, e.part, e.event_time from event e join unit_name n on n.machine = e.machine
  where e.kind = 'failure' and e.part is not null
  union all
  select n.unit, c.part, c.event_time
  from (select e.ref, e.machine, e.part, min(e.event_time) as event_time from event e
        where e.kind = 'claim' and e.part is not null group by e.ref, e.machine, e.part) c
  join unit_name n on n.machine = c.machine
  left join first_failure x on x.unit = n.unit and x.part = c.part
  where x.unit is null),
counted as (
  select r.part, f.family, f.climate, cast(floor((cast(r.event_time as date) - date '1970-01-05') / 7.0) as integer) as week, count(*) as n
  from reported r join fleet f on f.unit = r.unit
  group by r.part, f.family, f.climate, cast(floor((cast(r.event_time as date) - date '1970-01-05') / 7.0) as integer)),
grid as (
  select g.part, g.family, g.climate, m.week
  from (select s.part, s.family, s.climate, min(s.week) as first_week from steps s group by s.part, s.family, s.climate) g
  cross join today t
  join generate_series(0, 6000) as m(week) on m.week >= g.first_week and m.week <= cast(floor((t.day - date '1970-01-05') / 7.0) as integer))
select z.part, z.family, z.climate, date '1970-01-05' + cast(z.week * 7 as integer) as week, z.failures, z.exposure
from (select g.part, g.family, g.climate, g.week, coalesce(c.n, 0) as failures,
             sum(coalesce(s.n, 0)) over (partition by g.part, g.family, g.climate order by g.week
                                         rows between unbounded preceding and current row) as exposure
      from grid g
      left join steps s on s.part = g.part and s.family = g.family and s.climate = g.climate and s.week = g.week
      left join counted c on c.part = g.part and c.family = g.family and c.climate = g.climate and c.week = g.week) z
where z.exposure > 0 or z.failures > 0
