select e.event_id as act, e.details ->> 'line' as line, cast(e.details ->> 'station' as bigint) as station, e.ref as work_order,
       e.machine, e.kind, e.details ->> 'step' as step, e.details ->> 'component' as component, e.details ->> 'lot' as lot,
       e.quantity as value, e.disposition as verdict, e.event_time, e.pos as heard
from event e
join today d on e.event_time >= d.day - interval '30 days'
where e.source like 'station %' and e.kind in ('commissioning', 'assembling', 'inspecting', 'task_done', 'station_done')
  and e.details ->> 'step' is not null and e.details ->> 'line' is not null
  and e.details ->> 'station' similar to '[1-9][0-9]{0,5}'
