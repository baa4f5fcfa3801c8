select u.machine, u.model, u.sales_order, coalesce(o.market, u.market) as market, u.place, cast(u.since as date) as ready,
       m.length_m, m.width_m, m.height_m, m.mass_kg
from unit u
join models m on m.model = u.model
left join (select e.ref, max(e.market) as market from event e where e.kind = 'sales_order' group by e.ref) o on o.ref = u.sales_order
where u.status = 'stock' and u.sales_order is not null and u.place is not null and coalesce(o.market, u.market) is not null
