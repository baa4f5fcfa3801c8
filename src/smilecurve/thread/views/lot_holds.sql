with called as (
  select s.part, s.lot, s.measured as since, 'line.control' as source, s.characteristic as ref
  from control_signals s where s.signal and s.lot is not null and s.part is not null
  union all
  select v.part, v.lot, v.inspected as since, 'line.sample' as source, v.supplier as ref
  from lot_verdicts v where v.verdict = 'rejected'
  union all
  select e.part, e.lot, e.event_time as since, 'person' as source, coalesce(e.ref, e.party) as ref
  from event e where e.kind = 'holding' and coalesce(e.disposition, 'non_conformant') <> 'conformant'),
freed as (
  select e.part, e.lot, max(e.event_time) as at
  from event e where e.kind = 'holding' and e.disposition = 'conformant' group by e.part, e.lot),
open as (
  select c.part, c.lot, c.since, c.source, c.ref,
         row_number() over (partition by c.part, c.lot order by c.since, c.source, c.ref) as nth,
         count(*) over (partition by c.part, c.lot) as signals
  from called c left join freed f on f.part = c.part and f.lot = c.lot
  where f.at is null or c.since > f.at)
select o.part, o.lot, o.since, o.source, o.ref, o.signals from open o where o.nth = 1
