select u.machine, u.model, u.market, u.holder, l.since, l.months,
       case when u.started is null then greatest(t.day - l.since, 0) else greatest(t.day - u.started, 0) end / 30.4375 as age_months,
       greatest(l.months - (t.day - l.since) / 30.4375, 0) as months_left, l.rent, l.residual_set, l.currency
from (select e.machine, cast(e.event_time as date) as since, cast(e.quantity as bigint) as months, e.amount as rent,
             try_cast(e.details ->> 'residual' as double) as residual_set, coalesce(e.currency, 'CNY') as currency,
             row_number() over (partition by e.machine order by e.event_time desc, e.pos desc) as nth
      from event e where e.kind = 'lease_out' and e.machine is not null) l
join unit u on u.machine = l.machine
cross join today t
where l.nth = 1 and u.status = 'lease' and u.model is not null and u.market is not null and l.months >= 1
  and (l.residual_set is null or l.residual_set >= 0) and (l.rent is null or l.rent >= 0)
