select a.ref as ticket, coalesce(a.machine, t.machine) as machine, a.code as question, a.disposition as answer
from (select e.ref, e.machine, e.code, e.disposition,
             row_number() over (partition by e.ref, e.code order by e.event_time desc, e.pos desc) as nth
      from event e where e.kind = 'answer' and e.disposition in ('yes', 'no', 'unknown')) a
left join tickets t on t.ticket = a.ref
where a.nth = 1
