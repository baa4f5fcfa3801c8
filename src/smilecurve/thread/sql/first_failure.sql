-- The first verified failure of a part on a machine, and how often it failed.
select f.unit, f.part, cast(f.since as date) as failed, f.lot, f.times
from (select e.unit, e.part, e.since, e.lot,
             count(*) over (partition by e.unit, e.part) as times,
             row_number() over (partition by e.unit, e.part order by e.since, e.pos) as nth
      from all_failure e
      where e.pos not in (select w.pos from withdrawn w)) f
where f.nth = 1
