select u.rma, u.machine, u.model, coalesce(m.family, 'unknown') as family, u.market, u.partner, u.holder, u.return_place as place,
       u.returned, u.return_why as why,
       case when u.started is null then 0 else greatest(t.day - u.started, 0) / 30.4375 end as age_months,
       coalesce(u.hours, 0) as hours, u.grade, coalesce(u.price_new, m.price) as price_new,
       case when u.price_new is not null then coalesce(u.price_currency, 'CNY') else m.currency end as currency
from unit u
cross join today t
left join models m on m.model = u.model
where u.status = 'returned' and u.rma is not null and u.model is not null and u.grade in ('A', 'B', 'C', 'D')
  and coalesce(u.price_new, m.price) is not null
