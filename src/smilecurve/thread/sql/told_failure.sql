-- What is told of a part that failed: verified failures, and claims (one a number) of parts that no failure of was verified. Of claims
-- of a part of a machine, each within three days of the one before, the first counts; `doubled` says how many more there were.
with claimed as (
  select e.ref, e.machine, e.part, min(e.lot) as lot, min(e.event_time) as event_time, min(e.record_time) as record_time
  from event e where e.kind = 'claim' and e.part is not null
  and not exists (select 1 from event v where v.kind = 'failure' and v.machine = e.machine and v.part = e.part)
  group by e.ref, e.machine, e.part),
dated as (
  select c.ref, c.machine, c.part, c.lot, c.event_time, c.record_time, cast(c.event_time as date) - date '1970-01-05' as day
  from claimed c),
chained as (
  select d.ref, d.machine, d.part, d.lot, d.event_time, d.record_time,
         case when d.day - lag(d.day) over (partition by d.machine, d.part order by d.event_time, d.ref) <= 3 then 1 else 0 end as double_of
  from dated d),
numbered as (
  select c.machine, c.part, c.lot, c.event_time, c.record_time, c.double_of,
         sum(1 - c.double_of) over (
           partition by c.machine, c.part order by c.event_time, c.ref rows between unbounded preceding and current row) as nth
  from chained c),
told as (
  select n.machine, n.part, n.lot, n.event_time, n.record_time, n.double_of,
         sum(n.double_of) over (partition by n.machine, n.part, n.nth) as doubled
  from numbered n)
select e.machine, e.part, e.lot, e.event_time, e.record_time, 0 as doubled
from event e where e.kind = 'failure' and e.part is not null
union all
select t.machine, t.part, t.lot, t.event_time, t.record_time, t.doubled
from told t where t.double_of = 0
