-- Machines of `fleet` with a part among their places that failed, and the day on which it failed first. Counts as sealed and what
-- changes them.
select x.part, coalesce(m.family, x.model, 'unknown') as family, coalesce(k.climate, 'temperate') as climate, x.started,
       greatest(x.started, least(coalesce(x.ended, t.day), t.day)) as until, x.failed, x.machines
from (select * from failing_sealed union all select * from failing_new) x
cross join today t
left join models m on m.model = x.model
left join markets k on k.market = x.market
where x.started is not null and x.started <= t.day
