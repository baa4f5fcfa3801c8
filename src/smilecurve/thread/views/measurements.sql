select m.characteristic, m.subgroup, m.piece, m.value, m.event_time, m.lot, m.sampled
from (select n.characteristic, n.subgroup, n.piece, n.value, n.event_time, n.lot, n.sampled,
             row_number() over (partition by n.characteristic, n.subgroup, n.piece order by n.event_time desc, n.pos desc) as nth
      from (select e.code as characteristic, e.quantity as value, e.event_time, e.lot, e.pos,
                   coalesce(cast(e.details ->> 'subgroup' as bigint),
                            row_number() over (partition by e.code order by e.event_time, e.pos)) as subgroup,
                   coalesce(cast(e.details ->> 'piece' as bigint), 1) as piece,
                   try_cast(e.details ->> 'sampled' as double) as sampled
            from event e
            where e.kind = 'inspecting' and e.code is not null and e.quantity is not null and e.details ->> 'lot_size' is null) n) m
where m.nth = 1
