-- Lots within lots, at every level.
select i.lot, i.slot, i.inside, i.level from inside_here i
