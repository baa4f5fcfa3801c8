-- The machines of a few lots: as built or fitted later, and whether the lot is still in.
select {lot} as lot, u.machine, u.model, h.still_in, u.status, u.place, u.market, u.holder, u.partner
from (select g.unit, max(case when g.until is null then 1 else 0 end) = 1 as still_in
      from (select k.unit, c.until from {links} k
            left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
            union all
            select f.unit, f.until from fitted f where f.lot in ({lots})) g
      group by g.unit) h
join unit u on u.unit = h.unit
