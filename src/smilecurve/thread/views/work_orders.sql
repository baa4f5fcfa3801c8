select w.ref as work_order, coalesce(w.place, 'line') as line, w.part as model, w.details ->> 'sales_order' as sales_order, w.market,
       w.details ->> 'colour' as colour, w.details ->> 'options' as options,
       coalesce(cast(w.details ->> 'due' as date), cast(w.event_time as date)) as due,
       cast(w.details ->> 'rank' as bigint) as rank, cast(w.details ->> 'ready' as date) as ready
from (select e.ref, e.place, e.part, e.market, e.details, e.event_time,
             row_number() over (partition by e.ref order by e.event_time desc, e.pos desc) as nth
      from event e where e.kind = 'work_order') w
left join (select distinct c.ref from event c where c.kind = 'commissioning' and c.ref is not null) b on b.ref = w.ref
where w.nth = 1 and b.ref is null and coalesce(w.details ->> 'fixed', '') <> 'true'
