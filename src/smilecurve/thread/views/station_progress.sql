select l.line, l.station, l.kind <> 'station_done' as at_work, l.work_order, l.machine, l.event_time as since, coalesce(f.machines, 0) as finished_today
from (select a.line, a.station, a.kind, a.work_order, a.machine, a.event_time,
             row_number() over (partition by a.line, a.station order by a.event_time desc, a.heard desc) as nth
      from station_acts a) l
left join (select a.line, a.station, count(distinct coalesce(a.work_order, a.machine)) as machines
           from station_acts a join today d on cast(a.event_time as date) = d.day
           where a.kind = 'station_done' group by a.line, a.station) f on f.line = l.line and f.station = l.station
where l.nth = 1
