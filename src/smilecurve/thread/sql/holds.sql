-- As built, sorted by lot: where a lot went.
select k.lot, k.unit, k.slot from all_made_of k
where not exists (select 1 from unlinked u where u.unit = k.unit and u.slot = k.slot and u.lot = k.lot)
