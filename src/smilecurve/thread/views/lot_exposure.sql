with doubled as (select distinct p.part from placed p where p.places > 1),
held as (
  select s.part, k.lot, f.climate, count(*) as machines, sum(f.until - f.started) as days
  from link_deep k
  join slot s on s.slot = k.slot
  join fleet f on f.unit = k.unit
  where s.part not in (select d.part from doubled d)
  group by s.part, k.lot, f.climate
  union all
  select o.part, o.lot, f.climate, count(*) as machines, sum(f.until - f.started) as days
  from (select distinct s.part, k.lot, k.unit from link_deep k join slot s on s.slot = k.slot
        where s.part in (select d.part from doubled d)) o
  join fleet f on f.unit = o.unit
  group by o.part, o.lot, f.climate),
failing as (
  select x.part, k.lot, f.climate, count(distinct k.unit) as failures,
         sum(f.until - greatest(f.started, least(x.failed, f.until))) as days
  from (select distinct q.unit, q.lot, s.part from link_deep q join slot s on s.slot = q.slot
        join first_failure y on y.unit = q.unit and y.part = s.part) k
  join first_failure x on x.unit = k.unit and x.part = k.part
  join lot_code c on c.lot = k.lot
  join fleet f on f.unit = k.unit
  where x.lot is null or x.lot = c.code
  group by x.part, k.lot, f.climate)
select h.part, c.code as lot, p.supplier, h.climate, h.machines, (h.days - coalesce(x.days, 0)) / 30.4375 as service_months,
       coalesce(x.failures, 0) as failures
from held h
join lot_code c on c.lot = h.lot
left join parts p on p.part = h.part
left join failing x on x.part = h.part and x.lot = h.lot and x.climate = h.climate
where h.part <> ''
