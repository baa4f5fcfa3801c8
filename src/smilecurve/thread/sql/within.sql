-- For every lot, each lot inside it at any level and the lot that holds it directly.
select i.lot, e.slot, e.inside, e.lot as holder, min(i.level) as level
from (select x.lot, x.inside as holder, x.level + 1 as level from inside x
      union
      select y.lot, y.lot as holder, 1 as level from edge y) i
join edge e on e.lot = i.holder
group by i.lot, e.slot, e.inside, e.lot
