select n.part, n.supplier, n.lot, n.sample, n.lot_size, n.sampled, n.defectives, n.inspected
from (select e.part, coalesce(e.party, p.supplier, 'unknown') as supplier, e.lot,
             coalesce(try_cast(e.details ->> 'sample' as bigint), 1) as sample, try_cast(e.details ->> 'lot_size' as double) as lot_size,
             try_cast(e.details ->> 'sampled' as double) as sampled, e.quantity as defectives, e.event_time as inspected,
             row_number() over (partition by e.part, coalesce(e.party, p.supplier, 'unknown'), e.lot,
                                coalesce(try_cast(e.details ->> 'sample' as bigint), 1) order by e.event_time desc, e.pos desc) as nth
      from event e left join parts p on p.part = e.part
      where e.kind = 'inspecting' and e.part is not null and e.lot is not null and e.quantity is not null
        and e.details ->> 'lot_size' is not null) n
where n.nth = 1
