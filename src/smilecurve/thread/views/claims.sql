select c.ref as claim, c.machine, coalesce(u.model, 'unknown') as model, coalesce(m.family, 'unknown') as family, u.market, u.partner,
       u.holder, c.part, p.system, b.lot, p.supplier, cast(c.event_time as date) as claimed, u.started, u.start_source,
       coalesce(c.quantity, u.hours) as hours, c.amount, coalesce(c.currency, 'CNY') as currency, v.machine is not null as verified,
       u.model is not null as known, u.built, case when u.status = 'scrap' then cast(u.since as date) end as scrapped
from (select e.ref, e.machine, e.part, e.event_time, e.quantity, e.amount, e.currency,
             row_number() over (partition by e.ref order by e.event_time desc, e.pos desc) as nth
      from event e where e.kind = 'claim') c
left join unit u on u.machine = c.machine
left join models m on m.model = u.model
left join parts p on p.part = c.part
left join (select e.machine, e.part from event e where e.kind = 'failure' group by e.machine, e.part) v
  on v.machine = c.machine and v.part = c.part
left join claimed_lot b on b.unit = u.unit and b.part = c.part
where c.nth = 1
