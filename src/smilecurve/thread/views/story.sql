select e.event_time, e.record_time, e.kind, e.machine, e.part, e.component, e.lot, e.place, e.market, e.party, e.ref, e.code,
       e.disposition, e.quantity, e.amount, e.currency, e.event_id,
       e.pos in (select w.pos from withdrawn w) as withdrawn, e.details
from event_seen e
where e.machine is not null
