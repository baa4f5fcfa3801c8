select r.machine, r.model, coalesce(m.family, 'unknown') as family, r.market, r.sold,
       greatest(r.sold - r.started, 0) / 30.4375 as age_months, h.hours, g.grade, r.price,
       coalesce(r.price_new * pr.in_cny / sr.in_cny, m.price * mr.in_cny / sr.in_cny, r.price) as price_new, r.currency
from (select e.machine, u.unit, u.model, coalesce(e.market, u.market) as market, cast(e.event_time as date) as sold, e.event_time, e.pos,
             coalesce(u.started, cast(e.event_time as date)) as started, e.amount as price, coalesce(e.currency, 'CNY') as currency,
             u.price_new, coalesce(u.price_currency, 'CNY') as price_currency,
             row_number() over (partition by e.machine, cast(e.event_time as date) order by e.event_time desc, e.pos desc) as nth
      from event e join unit u on u.machine = e.machine
      where e.kind = 'retail_selling' and e.disposition = 'second_hand' and e.amount is not null) r
left join models m on m.model = r.model
left join rate sr on sr.currency = r.currency
left join rate pr on pr.currency = r.price_currency
left join rate mr on mr.currency = m.currency
left join (select x.machine, x.pos, x.grade,
                  row_number() over (partition by x.machine, x.pos order by x.event_time desc, x.grade_pos desc) as nth
           from (select s.machine, s.pos, e.code as grade, e.event_time, e.pos as grade_pos
                 from event s join event e on e.machine = s.machine and e.kind in ('grade', 'regrade') and e.event_time <= s.event_time
                 where s.kind = 'retail_selling' and s.disposition = 'second_hand') x) g
  on g.machine = r.machine and g.pos = r.pos and g.nth = 1
left join (select n.machine, s.pos, max(q.hours) as hours
           from event s join unit_name n on n.machine = s.machine
           join reading q on q.unit = n.unit and q.event_time <= s.event_time
           where s.kind = 'retail_selling' and s.disposition = 'second_hand' group by n.machine, s.pos) h
  on h.machine = r.machine and h.pos = r.pos
where r.nth = 1 and r.market is not null and r.model is not null and coalesce(g.grade, 'A') in ('A', 'B', 'C', 'D')
