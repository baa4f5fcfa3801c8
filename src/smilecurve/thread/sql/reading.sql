-- Hour meters as read.
select n.unit, e.event_time, e.pos, e.quantity as hours
from event e join unit_name n on n.machine = e.machine
where e.kind in ('meter_reading', 'ticket', 'failure') and e.quantity is not null
