-- How many machines came back, by market and month?
select coalesce(e.market, u.market) as market, cast(date_trunc('month', e.event_time) as date) as month, count(*) as returns
from event e
join unit_name n on n.machine = e.machine
join unit u on u.unit = n.unit
where e.kind = 'receiving' and e.disposition = 'returned'
group by coalesce(e.market, u.market), cast(date_trunc('month', e.event_time) as date)
order by 1, 2
