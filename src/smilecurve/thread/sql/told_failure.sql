-- What is told of a part that failed: verified failures, and claims (one a number) of parts that no failure of was verified.
select cast(null as varchar) as ref, e.machine, e.part, e.lot, e.event_time, e.record_time, 0 as claimed
from event e where e.kind = 'failure' and e.part is not null
union all
select c.ref, c.machine, c.part, c.lot, c.event_time, c.record_time, 1 as claimed
from (select e.ref, e.machine, e.part, min(e.lot) as lot, min(e.event_time) as event_time, min(e.record_time) as record_time
      from event e where e.kind = 'claim' and e.part is not null group by e.ref, e.machine, e.part) c
where not exists (select 1 from event v where v.kind = 'failure' and v.machine = c.machine and v.part = c.part)
