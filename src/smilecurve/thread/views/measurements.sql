select m.characteristic, m.subgroup, m.piece, m.value, m.event_time, m.lot, m.sampled
from (select n.characteristic, n.subgroup, n.piece, n.value, n.event_time, n.lot, n.sampled,
             row_number() over (partition by n.characteristic, n.subgroup, n.piece order by n.event_time desc, n.pos desc) as nth
      from (select g.characteristic, g.subgroup, g.value, g.event_time, g.lot, g.pos, g.sampled,
                   coalesce(g.nth_told, coalesce(max(g.nth_told) over (partition by g.characteristic, g.subgroup), 0)
                                        + row_number() over (partition by g.characteristic, g.subgroup, g.nth_told is null order by g.event_time, g.pos)) as piece
            from (select v.characteristic, v.value, v.event_time, v.lot, v.pos, v.nth_told, v.sampled,
                         coalesce(v.told, coalesce(max(v.told) over (partition by v.characteristic), 0)
                                          + row_number() over (partition by v.characteristic, v.told is null order by v.event_time, v.pos)) as subgroup
                  from (select e.code as characteristic, e.quantity as value, e.event_time, e.lot, e.pos,
                               try_cast(e.details ->> 'subgroup' as bigint) as told,
                               try_cast(e.details ->> 'piece' as bigint) as nth_told,
                               try_cast(e.details ->> 'sampled' as double) as sampled
                        from event e
                        where e.kind = 'inspecting' and e.code is not null and e.quantity is not null and e.details ->> 'lot_size' is null) v) g) n) m
where m.nth = 1
