with term as (
  select w.family, w.market, w.months, w.hours from warranty_terms w where w.system = '*'),
seen as (
  select f.unit, f.family, f.climate, f.started,
         least(f.until, coalesce(f.started + cast(least(floor(coalesce(o.months, a.months) * 30.4375), 36500) as integer), f.until),
               coalesce(f.started + cast(least(floor(coalesce(o.hours, a.hours) * (f.until - f.started) / nullif(u.hours, 0)), 36500) as integer), f.until)) as until
  from fleet f join unit u on u.unit = f.unit
  left join term o on o.family = f.family and o.market = f.market
  left join term a on a.family = f.family and a.market = '*'),
claimed as (
  select n.unit, n.machine, e.part, cast(min(e.event_time) as date) as day, e.ref, max(e.amount) as amount, max(e.currency) as currency
  from event e join unit_name n on n.machine = e.machine
  where e.kind = 'claim' group by n.unit, n.machine, e.part, e.ref),
spaced as (
  select c.unit, c.machine, c.part, c.day, c.amount, c.currency,
         lag(c.day) over (partition by c.unit, c.part order by c.day, c.ref) as before
  from claimed c),
told as (
  select s.family, s.climate, c.machine, c.day - s.started as age_days, s.until - s.started as end_days,
         count(*) as claims, sum(case when c.before is null or c.day - c.before > 3 then 1 else 0 end) as repairs,
         cast(sum(case when c.before is null or c.day - c.before > 3 then cast(coalesce(c.amount, 0) * r.in_cny as decimal(24, 4)) else 0 end) as double) as cost
  from spaced c
  join seen s on s.unit = c.unit
  join rate r on r.currency = coalesce(c.currency, 'CNY')
  where c.day >= s.started and c.day <= s.until
  group by s.family, s.climate, c.machine, c.day - s.started, s.until - s.started)
select t.family, t.climate, t.machine, t.age_days, t.end_days, 1 as machines, t.repairs, t.claims - t.repairs as doubled, t.cost, 'CNY' as currency
from told t
union all
select s.family, s.climate, '*' as machine, s.until - s.started as age_days, s.until - s.started as end_days, count(*) as machines,
       0 as repairs, 0 as doubled, 0.0 as cost, 'CNY' as currency
from seen s
where not exists (select 1 from told t join unit_name n on n.machine = t.machine where n.unit = s.unit)
group by s.family, s.climate, s.until - s.started
