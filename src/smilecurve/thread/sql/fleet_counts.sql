-- `fleet`, counted: how many machines of a configuration began service, since when, until when, where. Counts as sealed and what
-- changes them.
select e.config, coalesce(m.family, e.model, 'unknown') as family, coalesce(k.climate, 'temperate') as climate, e.started,
       greatest(e.started, least(coalesce(e.ended, t.day), t.day)) as until, e.ended is null as in_service, e.machines
from (select * from exposure_sealed union all select * from exposure_new) e
cross join today t
left join models m on m.model = e.model
left join markets k on k.market = e.market
where e.started is not null and e.started <= t.day
