select e.event_id, e.kind, e.event_time, e.record_time, e.source, e.seq, e.machine, e.part, e.component, e.lot, e.place,
       e.market, e.party, e.ref, e.code, e.disposition, e.quantity, e.amount, e.currency, e.corrects, e.details
from event e
