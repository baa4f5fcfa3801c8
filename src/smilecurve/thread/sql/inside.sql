-- Lots within lots, at every level.
with recursive down(lot, slot, inside, level) as (
  select e.lot, e.slot, e.inside, 1 from edge e
  union
  select d.lot, e.slot, e.inside, d.level + 1 from down d join edge e on e.lot = d.inside where d.level < 12)
select d.lot, d.slot, d.inside, min(d.level) as level from down d group by d.lot, d.slot, d.inside
