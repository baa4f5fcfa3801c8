-- What went in and came out after building. An `out` without a lot means whatever sat there.
select s.unit, s.pos, s.since as at, 'in' as act, coalesce(s.component, s.part, s.lot) as component, coalesce(s.part, '') as part, s.lot
from all_swap s
where s.kind in ('installing', 'replacing') and s.lot is not null and s.pos not in (select w.pos from withdrawn w)
union all
select s.unit, s.pos, s.since as at, 'out' as act, s.component, s.part, case when s.kind = 'removing' then s.lot else s.removed end as lot
from all_swap s
where s.kind in ('removing', 'replacing') and s.pos not in (select w.pos from withdrawn w)
