select e.event_id as act, e.ref as visit, e.machine, e.disposition as outcome, e.party as partner,
       e.details ->> 'technician' as technician, e.event_time as at, e.details ->> 'note' as note, e.pos as heard
from event e
where e.kind = 'service_visit' and e.disposition in ('accepted', 'fixed', 'not_fixed', 'no_trouble')
