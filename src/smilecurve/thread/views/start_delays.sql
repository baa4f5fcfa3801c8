with waited as (
  select f.climate, f.market, f.started - s.day as days
  from fleet f join unit u on u.unit = f.unit join shipped_on s on s.unit = f.unit
  where u.start_source in ('start_up', 'sale') and f.started >= s.day),
lane as (select w.market, median(w.days) as days from waited w group by w.market)
select w.climate, count(*) as machines, cast(median(l.days) as double) as median_days,
       cast(quantile_cont(w.days - l.days, 0.1) as double) as p10, cast(quantile_cont(w.days - l.days, 0.3) as double) as p30,
       cast(quantile_cont(w.days - l.days, 0.5) as double) as p50, cast(quantile_cont(w.days - l.days, 0.7) as double) as p70,
       cast(quantile_cont(w.days - l.days, 0.9) as double) as p90
from waited w join lane l on l.market = w.market
group by w.climate
