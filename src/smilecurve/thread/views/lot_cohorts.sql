-- Where the lots went that failed at least twice: machines by the week their service began.
with failing as (
  select e.part, e.lot, count(*) as failures
  from event e where e.kind = 'failure' and e.part is not null and e.lot is not null
  group by e.part, e.lot having count(*) >= 2),
suspect as (
  select c.lot, f.part, f.lot as code from failing f join lot_code c on c.code = f.lot),
went as (
  select distinct x.part, x.code, k.unit
  from suspect x
  join link_deep k on k.lot = x.lot
  join slot s on s.slot = k.slot and s.part = x.part)
select w.part, w.code as lot, p.supplier,
       date '1970-01-05' + cast(floor((f.started - date '1970-01-05') / 7.0) as integer) * 7 as started,
       case when f.in_service then null
            else date '1970-01-05' + cast(floor((f.until - date '1970-01-05') / 7.0) as integer) * 7 end as ended,
       count(*) as machines
from went w
join fleet f on f.unit = w.unit
left join parts p on p.part = w.part
group by all
