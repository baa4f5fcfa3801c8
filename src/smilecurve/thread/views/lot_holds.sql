with called as (
  select s.part, s.lot, s.measured as since, 'line.control' as source, s.characteristic as ref, coalesce(max(e.pos), -1) as pos
  from control_signals s
  left join characteristics c on c.characteristic = s.characteristic or c.joint = s.characteristic
  left join event e on e.kind = 'inspecting' and e.code = c.characteristic and e.lot = s.lot and e.event_time <= s.measured
  where s.signal and s.lot is not null and s.part is not null
  group by s.part, s.lot, s.measured, s.characteristic, s.subgroup
  union all
  select v.part, v.lot, v.inspected as since, 'line.sample' as source, v.supplier as ref, coalesce(max(e.pos), -1) as pos
  from lot_verdicts v
  left join event e on e.kind = 'inspecting' and e.part = v.part and e.lot = v.lot and e.details ->> 'lot_size' is not null
    and e.event_time <= v.inspected
  where v.verdict = 'rejected'
  group by v.part, v.lot, v.inspected, v.supplier
  union all
  select e.part, e.lot, e.event_time as since, 'person' as source, coalesce(e.ref, e.party) as ref, e.pos
  from event e where e.kind = 'holding' and coalesce(e.disposition, 'non_conformant') <> 'conformant'),
freed as (
  select e.part, e.lot, e.event_time as at, e.pos from event e where e.kind = 'holding' and e.disposition = 'conformant'),
open as (
  select c.part, c.lot, c.since, c.source, c.ref,
         row_number() over (partition by c.part, c.lot order by c.since, c.source, c.ref) as nth,
         count(*) over (partition by c.part, c.lot) as signals,
         max(case when c.source = 'person' then 1 else 0 end) over (partition by c.part, c.lot) as persons
  from called c
  where not exists (select 1 from freed f
                    where f.part = c.part and f.lot = c.lot and f.at >= c.since
                      and (f.pos > c.pos or (c.source = 'person' and f.at > c.since))))
select o.part, o.lot, o.since, o.source, o.ref, o.signals, o.persons > 0 as set_aside from open o where o.nth = 1
