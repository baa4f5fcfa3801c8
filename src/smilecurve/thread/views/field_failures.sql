-- Failures as they were told; week and heard are Mondays. What is dated before the machine was built, after it was scrapped or in the
-- future is none.
with told_on as (
  select n.unit, t.part, t.lot, t.doubled, cast(t.event_time as date) as day, least(cast(t.record_time as date), y.day) as heard_on
  from told_failure t join unit_name n on n.machine = t.machine cross join today y
  where cast(t.event_time as date) <= y.day),
placed_in as (
  select t.unit, t.part, t.lot, t.doubled, t.day,
         date '1970-01-05' + cast(floor((t.day - date '1970-01-05') / 7.0) as integer) * 7 as week,
         date '1970-01-05' + cast(floor((t.heard_on - date '1970-01-05') / 7.0) as integer) * 7 as heard
  from told_on t)
select t.part, coalesce(f.model, 'unknown') as model, f.family, f.market, f.climate, coalesce(u.channel, 'unknown') as channel,
       coalesce(u.line, 'unknown') as line, cast(date_trunc('month', u.built) as date) as built,
       coalesce(t.lot, '') as lot, p.supplier,
       date '1970-01-05' + cast(floor((f.started - date '1970-01-05') / 7.0) as integer) * 7 as started,
       t.week, greatest(t.heard, t.week) as heard, count(*) as failures,
       cast(sum(t.doubled) as bigint) as doubled
from placed_in t
join fleet f on f.unit = t.unit
join unit u on u.unit = t.unit
left join parts p on p.part = t.part
where (u.built is null or t.day >= u.built) and (u.status is null or u.status <> 'scrap' or t.day <= cast(u.since as date))
group by all
