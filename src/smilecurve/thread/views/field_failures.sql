-- Verified failures, and claims of parts that no failure of was verified; week and heard are Mondays. What is dated before the machine
-- was built, after it was scrapped or in the future is none. Of claims of a part of a machine, each within three days of the one
-- before, the first counts.
with claimed as (
  select c.machine, c.part, c.lot, c.market, c.event_time, c.record_time,
         sum(case when c.apart <= 3 then 0 else 1 end) over (
           partition by c.machine, c.part order by c.event_time, c.ref rows between unbounded preceding and current row) as nth,
         case when c.apart <= 3 then 1 else 0 end as double_of
  from (select d.ref, d.machine, d.part, d.lot, d.market, d.event_time, d.record_time,
               d.day - lag(d.day) over (partition by d.machine, d.part order by d.event_time, d.ref) as apart
        from (select e.ref, e.machine, e.part, min(e.lot) as lot, min(e.market) as market, min(e.event_time) as event_time,
                     min(e.record_time) as record_time,
                     cast(floor((cast(min(e.event_time) as date) - date '1970-01-05') / 1.0) as integer) as day
              from event e where e.kind = 'claim' and e.part is not null group by e.ref, e.machine, e.part) d
        where not exists (select 1 from event v where v.kind = 'failure' and v.machine = d.machine and v.part = d.part)) c),
told as (
  select e.machine, e.part, e.lot, e.market, e.event_time, e.record_time, 0 as doubled
  from event e where e.kind = 'failure' and e.part is not null
  union all
  select c.machine, c.part, c.lot, c.market, c.event_time, c.record_time, d.doubled
  from claimed c
  join (select k.machine, k.part, k.nth, sum(k.double_of) as doubled from claimed k group by k.machine, k.part, k.nth) d
    on d.machine = c.machine and d.part = c.part and d.nth = c.nth
  where c.double_of = 0),
told_on as (
  select n.unit, t.part, t.lot, t.doubled, cast(t.event_time as date) as day, least(cast(t.record_time as date), y.day) as heard_on
  from told t join unit_name n on n.machine = t.machine cross join today y where cast(t.event_time as date) <= y.day),
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
