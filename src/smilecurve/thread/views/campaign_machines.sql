select u.machine, coalesce(u.model, 'unknown') as model, f.part, f.lot, u.market, u.partner, u.holder, coalesce(u.status, 'line') as status, u.place, k.latitude,
       k.longitude, f.still_in = 0 or r.machine is not null as done
from reached f
join unit u on u.unit = f.unit
left join markets k on k.market = u.market
left join (select distinct e.machine, e.part from event e where e.kind = 'campaign_repair') r on r.machine = u.machine and r.part = f.part
where coalesce(u.status, 'line') in ('stock', 'ship', 'dealer', 'customer', 'lease')
