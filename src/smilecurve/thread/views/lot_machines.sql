select l.code as lot, u.machine, u.model, h.still_in, u.status, u.place, u.market, u.holder, u.partner
from (select g.lot, g.unit, max(case when g.until is null then 1 else 0 end) = 1 as still_in
      from (select k.lot, k.unit, c.until from holds k
            left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
            union all
            select i.inside as lot, k.unit, c.until from holds k
            join inside i on i.lot = k.lot
            left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
            union all
            select f.lot, f.unit, f.until from fitted f
            union all
            select i.inside as lot, f.unit, f.until from fitted f join inside i on i.lot = f.lot) g
      group by g.lot, g.unit) h
join lot_code l on l.lot = h.lot
join unit u on u.unit = h.unit
