-- As built: which lot sits in which place of which machine.
select k.unit, k.slot, k.lot, k.since from all_made_in k
where not exists (select 1 from unlinked u where u.unit = k.unit and u.slot = k.slot and u.lot = k.lot)
