-- The Nevada table as it stands: machines by the month of shipping, their failures by the month they happened in;
-- what is dated after scrapping or in the future is none.
-- Months are counted from the year 0, so that a grid of them is one series.
with gone as (
  select s.unit, coalesce(m.family, u.model, 'unknown') as family, 12 * year(s.day) + month(s.day) - 1 as shipped,
         case when u.status = 'scrap' then cast(u.since as date) end as scrapped
  from shipped_on s
  join unit u on u.unit = s.unit
  cross join today t
  left join models m on m.model = u.model
  where s.day <= t.day),
cohort as (select g.family, g.shipped, count(*) as machines from gone g group by g.family, g.shipped),
failed as (
  select g.family, g.shipped, 12 * year(t.event_time) + month(t.event_time) - 1 as at, count(*) as failures,
         sum(t.doubled) as doubled
  from told_failure t join unit_name n on n.machine = t.machine join gone g on g.unit = n.unit cross join today y
  where cast(t.event_time as date) <= y.day and (g.scrapped is null or cast(t.event_time as date) <= g.scrapped)
  group by g.family, g.shipped, 12 * year(t.event_time) + month(t.event_time) - 1),
cell as (
  select c.family, c.shipped, c.shipped + m.age as at
  from cohort c cross join today t
  join generate_series(0, 1200) as m(age) on c.shipped + m.age <= 12 * year(t.day) + month(t.day) - 1
  union
  select f.family, f.shipped, f.at from failed f)
select l.family, make_date(cast(floor(l.shipped / 12.0) as integer), cast(l.shipped % 12 + 1 as integer), 1) as shipped,
       make_date(cast(floor(l.at / 12.0) as integer), cast(l.at % 12 + 1 as integer), 1) as month,
       c.machines, coalesce(f.failures, 0) as failures, coalesce(f.doubled, 0) as doubled
from cell l
join cohort c on c.family = l.family and c.shipped = l.shipped
left join failed f on f.family = l.family and f.shipped = l.shipped and f.at = l.at
