-- As built, down every level.
select k.unit, k.slot, k.lot, 1 as level from link k
union all
select k.unit, i.slot, i.inside as lot, i.level + 1 as level from link k join inside i on i.lot = k.lot
