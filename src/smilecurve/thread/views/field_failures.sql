-- Verified failures, and claims of parts that no failure of was verified; week and heard are Mondays. What is dated before the machine
-- was built, after it was scrapped or in the future is none. Of claims of a part of a machine, each within three days of the one
-- before, the first counts.
with dated as (
  select t.machine, t.part, t.lot, t.ref, t.event_time, t.record_time, t.claimed,
         cast(t.event_time as date) - date '1970-01-05' as day
  from told_failure t),
chained as (
  select d.machine, d.part, d.lot, d.ref, d.event_time, d.record_time,
         case when d.claimed = 1 and d.day - lag(d.day) over (
           partition by d.machine, d.part order by d.event_time, d.ref) <= 3 then 1 else 0 end as double_of
  from dated d),
numbered as (
  select c.machine, c.part, c.lot, c.event_time, c.record_time, c.double_of,
         sum(1 - c.double_of) over (
           partition by c.machine, c.part order by c.event_time, c.ref rows between unbounded preceding and current row) as nth
  from chained c),
told as (
  select n.machine, n.part, n.lot, n.event_time, n.record_time, n.double_of,
         sum(n.double_of) over (partition by n.machine, n.part, n.nth) as doubled
  from numbered n),
told_on as (
  select n.unit, t.part, t.lot, t.doubled, cast(t.event_time as date) as day, least(cast(t.record_time as date), y.day) as heard_on
  from told t join unit_name n on n.machine = t.machine cross join today y
  where t.double_of = 0 and cast(t.event_time as date) <= y.day),
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
