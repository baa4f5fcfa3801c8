-- How many machines stood where at a moment, by what had happened until then as far as we know today? (`positions`, counted.)
select p.status, p.place, count(*) as machines
from (select a.status, a.place
      from stay_base a
      where a.since <= timestamp '{at}' and (a.until is null or a.until > timestamp '{at}')
        and not exists (select 1 from stay_moved m where m.unit = a.unit)
      union all
      select s.status, s.place
      from (select a.status, a.place, row_number() over (partition by a.unit order by a.since desc, a.pos desc) as nth
            from all_stay a
            join stay_moved m on m.unit = a.unit
            where a.since <= timestamp '{at}' and a.pos not in (select w.pos from withdrawn w)) s
      where s.nth = 1) p
group by p.status, p.place
order by 1, 2
