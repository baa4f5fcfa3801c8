-- The lot, as built, of every part that was claimed.
select k.unit, s.part, min(l.code) as lot
from link_deep k
join slot s on s.slot = k.slot
join (select distinct n.unit, e.part from event e join unit_name n on n.machine = e.machine
      where e.kind = 'claim' and e.part is not null) c on c.unit = k.unit and c.part = s.part
join lot_code l on l.lot = k.lot
group by k.unit, s.part
