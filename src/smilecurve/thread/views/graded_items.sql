with looked as (
  select e.ref as rma, e.code as item, e.machine, u.unit, u.model, u.market, u.partner, u.holder, u.status, u.rma as open_rma, u.started,
         u.price_new, coalesce(u.price_currency, 'CNY') as price_currency, e.event_time, e.quantity as wear, e.details ->> 'photo' as photo,
         row_number() over (partition by e.ref, e.code order by e.event_time desc, e.pos desc) as nth
  from event e join unit_name n on n.machine = e.machine join unit u on u.unit = n.unit
  where e.kind = 'grading' and e.ref is not null and e.code is not null and e.quantity is not null),
machine_seen as (
  select l.rma, l.machine, max(l.event_time) as seen from looked l group by l.rma, l.machine),
booked as (
  select s.rma, s.machine, e.code as grade, row_number() over (partition by s.rma, s.machine order by e.event_time desc, e.pos desc) as nth
  from machine_seen s join event e on e.machine = s.machine and e.kind = 'grade' and e.ref = s.rma),
sold as (
  select s.rma, s.machine, e.event_time as sold, e.amount, coalesce(e.currency, 'CNY') as currency,
         row_number() over (partition by s.rma, s.machine order by e.event_time, e.pos) as nth
  from machine_seen s
  join event e on e.machine = s.machine and e.kind = 'retail_selling' and e.disposition = 'second_hand' and e.event_time > s.seen
  where e.amount is not null),
mended as (
  select s.rma, s.machine, count(*) as times
  from machine_seen s
  join sold f on f.rma = s.rma and f.machine = s.machine and f.nth = 1
  join event e on e.machine = s.machine and e.kind = 'regrade' and e.event_time > s.seen and e.event_time <= f.sold
  group by s.rma, s.machine),
broken as (
  select f.rma, f.machine, min(e.event_time) as failed
  from sold f join event e on e.machine = f.machine and e.kind = 'ticket' and e.event_time > f.sold
  where f.nth = 1 group by f.rma, f.machine)
select l.rma, l.item, l.machine, l.model, coalesce(m.family, 'unknown') as family, l.market, l.partner, l.holder,
       cast(l.event_time as date) as day, l.wear, l.photo, b.grade, l.status = 'returned' and l.open_rma = l.rma as waits,
       case when d.times is null then f.amount * sr.in_cny / coalesce(l.price_new * pr.in_cny, m.price * mr.in_cny) end as sold_share,
       case when d.times is null and f.sold is not null
            then greatest(cast(f.sold as date) - coalesce(l.started, cast(f.sold as date)), 0) / 30.4375 end as sold_age,
       case when f.sold is null or d.times is not null then null
            when x.failed is not null and cast(x.failed as date) - cast(f.sold as date) <= 183 then true
            when t.day - cast(f.sold as date) >= 183 then false end as failed
from looked l
cross join today t
left join models m on m.model = l.model
left join booked b on b.rma = l.rma and b.machine = l.machine and b.nth = 1
left join sold f on f.rma = l.rma and f.machine = l.machine and f.nth = 1
left join mended d on d.rma = l.rma and d.machine = l.machine
left join broken x on x.rma = l.rma and x.machine = l.machine
left join rate sr on sr.currency = f.currency
left join rate pr on pr.currency = l.price_currency
left join rate mr on mr.currency = m.currency
where l.nth = 1 and l.model is not null and l.wear between 0 and 1
