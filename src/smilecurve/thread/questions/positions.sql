-- Where did every machine stand at a moment, by what had happened until then as far as we know today?
select n.machine, s.status, s.since, s.place
from (select a.unit, a.status, a.since, a.place, row_number() over (partition by a.unit order by a.since desc, a.pos desc) as nth
      from all_stay a
      where a.since <= timestamp '{at}' and a.pos not in (select w.pos from withdrawn w)) s
join unit_name n on n.unit = s.unit
where s.nth = 1
order by 1
