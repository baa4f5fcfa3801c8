select o.sales_order, o.model, o.market, o.party, o.channel, o.ordered, o.wanted, o.quantity, o.open_quantity,
       case when o.quantity > 0 then o.amount * o.open_quantity / o.quantity else 0 end as amount, o.currency, o.exhibition
from (select s.ref as sales_order, s.part as model, s.market, s.party, coalesce(s.code, 'direct') as channel,
             cast(s.event_time as date) as ordered, cast(s.details ->> 'wanted' as date) as wanted,
             cast(s.quantity as bigint) as quantity,
             greatest(cast(s.quantity as bigint) - coalesce(d.delivered, 0) - coalesce(c.cancelled, 0), 0) as open_quantity,
             coalesce(s.amount, m.price * s.quantity, 0) as amount,
             coalesce(case when s.amount is not null then s.currency end, m.currency, s.currency, 'CNY') as currency, s.place as exhibition
      from (select e.ref, e.part, e.market, e.party, e.code, e.event_time, e.details, e.quantity, e.amount, e.currency, e.place,
                   row_number() over (partition by e.ref order by e.event_time desc, e.pos desc) as nth
            from event e where e.kind = 'sales_order') s
      left join (select e.ref, count(distinct e.machine) as delivered from event e
                 where e.kind = 'shipping' and e.ref is not null group by e.ref) d on d.ref = s.ref
      left join (select e.ref, cast(sum(coalesce(e.quantity, 1e9)) as bigint) as cancelled from event e
                 where e.kind = 'sales_order_cancelled' group by e.ref) c on c.ref = s.ref
      left join models m on m.model = s.part
      where s.nth = 1 and s.market is not null) o
where o.open_quantity > 0
