-- Machines that began service: since when, until when, where. A machine leaves service when it is returned or scrapped.
select u.unit, u.machine, u.model, coalesce(m.family, u.model, 'unknown') as family, u.market,
       coalesce(k.climate, 'temperate') as climate, k.depot, u.started,
       greatest(u.started, least(coalesce(u.ended, t.day), t.day)) as until, u.ended is null as in_service
from unit u
cross join today t
left join models m on m.model = u.model
left join markets k on k.market = u.market
where u.started is not null and u.started <= t.day
