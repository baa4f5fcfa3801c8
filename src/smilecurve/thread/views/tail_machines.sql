select t.line, t.place, t.work_order, t.model, t.colour, t.options
from (select g.line, g.work_order, g.model, g.colour, g.options,
             row_number() over (partition by g.line order by g.went desc, g.pos desc) as place
      from (select coalesce(w.place, 'line') as line, w.ref as work_order, w.part as model,
                   w.details ->> 'colour' as colour, w.details ->> 'options' as options,
                   coalesce(b.went, w.event_time) as went, coalesce(b.pos, w.pos) as pos
            from (select e.ref, e.place, e.part, e.details, e.event_time, e.pos,
                         row_number() over (partition by e.ref order by e.event_time desc, e.pos desc) as nth
                  from event e where e.kind = 'work_order') w
            left join (select c.ref, max(c.event_time) as went, max(c.pos) as pos
                       from event c where c.kind = 'commissioning' and c.ref is not null group by c.ref) b on b.ref = w.ref
            where w.nth = 1 and (b.ref is not null or w.details ->> 'fixed' = 'true')) g) t
where t.place <= 60
