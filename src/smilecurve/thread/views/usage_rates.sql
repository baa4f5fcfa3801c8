with steps as (
  select r.unit, cast(r.event_time as date) as day, r.hours,
         lag(r.hours) over (partition by r.unit order by r.event_time, r.pos) as before
  from reading r where r.hours >= 0),
used as (
  select f.unit, f.market, f.model, f.family, f.climate,
         30.4375 * sum(case when s.hours >= coalesce(s.before, 0) then s.hours - coalesce(s.before, 0) else s.hours end)
         / (max(s.day) - f.started) as hours_month
  from fleet f join steps s on s.unit = f.unit
  where s.day > f.started and f.market is not null and f.model is not null
  group by f.unit, f.market, f.model, f.family, f.climate, f.started having max(s.day) - f.started >= 14)
select d.market, d.model, max(d.family) as family, max(d.climate) as climate,
       count(*) filter (where d.hours_month between 0.1 and 730.5) as machines,
       count(*) filter (where d.hours_month > 730.5) as impossible,
       round(coalesce(avg(ln(d.hours_month)) filter (where d.hours_month between 0.1 and 730.5), 0.0), 9) as log_mean,
       round(coalesce(stddev_samp(ln(d.hours_month)) filter (where d.hours_month between 0.1 and 730.5), 0.0), 9) as log_spread
from used d
group by d.market, d.model
