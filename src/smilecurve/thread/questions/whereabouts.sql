-- How many machines stood where at a moment, by what had happened until then as far as we know today? (`positions`, counted.)
-- Who came and left by the day before is counted with the seal; stays that begin or end on the day itself, and the machines
-- whose stays lie in more than one seal, are looked at.
select p.status, p.place, cast(sum(p.n) as bigint) as machines
from (select m.status, m.place, m.machines as n from moves_sealed m where m.day < cast(timestamp '{at}' as date)
      union all
      select a.status, a.place, 1 as n from stay_base a
      where a.since >= date_trunc('day', timestamp '{at}') and a.since <= timestamp '{at}'
      union all
      select a.status, a.place, -1 as n from stay_base a
      where a.until >= date_trunc('day', timestamp '{at}') and a.until <= timestamp '{at}'
      union all
      select a.status, a.place, -1 as n
      from stay_base a
      where a.since <= timestamp '{at}' and (a.until is null or a.until > timestamp '{at}')
        and a.unit in (select m.unit from stay_moved m)
      union all
      select s.status, s.place, 1 as n
      from (select a.status, a.place, row_number() over (partition by a.unit order by a.since desc, a.pos desc) as nth
            from all_stay a
            where a.unit in (select m.unit from stay_moved m)
              and a.since <= timestamp '{at}' and a.pos not in (select w.pos from withdrawn w)) s
      where s.nth = 1) p
group by p.status, p.place
having sum(p.n) <> 0
order by 1, 2
