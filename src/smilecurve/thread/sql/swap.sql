-- What went in and came out after building. An `out` without a lot means whatever sat there.
select n.unit, e.pos, e.event_time as at, 'in' as act, coalesce(e.component, e.part, e.lot) as component,
       coalesce(e.part, '') as part, e.lot
from event e join unit_name n on n.machine = e.machine
where e.kind in ('installing', 'replacing') and e.lot is not null
union all
select n.unit, e.pos, e.event_time as at, 'out' as act, e.component, e.part,
       case when e.kind = 'removing' then e.lot else e.details ->> 'removed' end as lot
from event e join unit_name n on n.machine = e.machine
where e.kind in ('removing', 'replacing')
