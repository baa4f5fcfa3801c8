-- As-built components that came out, and when first.
select k.unit, k.slot, k.lot, min(o.at) as until
from link k
join swap o on o.unit = k.unit and o.act = 'out'
join slot s on s.slot = k.slot
join lot_code l on l.lot = k.lot
where (o.lot is null or o.lot = l.code)
  and (o.component = s.component or (o.component is null and (o.part = s.part or o.lot = l.code)))
group by k.unit, k.slot, k.lot
