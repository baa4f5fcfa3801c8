select o.ref as call, coalesce(o.details ->> 'line', o.place) as line,
       case when o.details ->> 'station' similar to '[1-9][0-9]{0,5}' then cast(o.details ->> 'station' as bigint) end as station,
       o.place, o.machine, o.details ->> 'work_order' as work_order, o.code as why,
       case when c.ref is not null then 'closed' when t.ref is not null then 'taken' else 'open' end as state,
       o.event_time as opened, t.event_time as taken, c.event_time as closed, o.details ->> 'told_at' as told
from (select e.ref, e.place, e.machine, e.code, e.details, e.event_time,
             row_number() over (partition by e.ref order by e.event_time, e.pos) as nth
      from event e where e.kind = 'help_call' and e.disposition = 'open') o
left join (select e.ref, min(e.event_time) as event_time
           from event e where e.kind = 'help_call' and e.disposition = 'taken' group by e.ref) t on t.ref = o.ref
left join (select e.ref, min(e.event_time) as event_time
           from event e where e.kind = 'help_call' and e.disposition = 'closed' group by e.ref) c on c.ref = o.ref
where o.nth = 1
