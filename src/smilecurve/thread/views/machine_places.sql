-- Machines in service by degree of the globe: where their last ticket came from, else the middle of their market.
with spot as (
  select s.unit, s.latitude, s.longitude
  from (select n.unit, cast(e.details ->> 'latitude' as double precision) as latitude,
               cast(e.details ->> 'longitude' as double precision) as longitude,
               row_number() over (partition by n.unit order by e.event_time desc, e.pos desc) as nth
        from event e join unit_name n on n.machine = e.machine
        where e.kind = 'ticket' and e.details ->> 'latitude' is not null and e.details ->> 'longitude' is not null) s
  where s.nth = 1),
used as (
  select u.unit, sum(u.n) as n from parts_used u group by u.unit),
standing as (
  select f.unit, f.market, coalesce(s.latitude, k.latitude) as latitude, coalesce(s.longitude, k.longitude) as longitude,
         coalesce(u.n, 0) as used
  from fleet f
  join markets k on k.market = f.market
  left join spot s on s.unit = f.unit
  left join used u on u.unit = f.unit
  where f.in_service)
select p.market, cast(floor(p.latitude) as integer) as north, cast(floor(p.longitude) as integer) as east,
       round(avg(p.latitude), 4) as latitude, round(avg(p.longitude), 4) as longitude, count(*) as machines,
       cast(sum(p.used) as bigint) as used, max(y.years) as years
from standing p cross join years_seen y
group by p.market, cast(floor(p.latitude) as integer), cast(floor(p.longitude) as integer)
