with spent as (
  select e.part, f.family, cast(sum(cast(coalesce(e.amount, 0) * r.in_cny as decimal(24, 4))) as double) as cost
  from event e
  join unit_name n on n.machine = e.machine
  join fleet f on f.unit = n.unit
  join rate r on r.currency = coalesce(e.currency, 'CNY')
  where e.kind in ('claim', 'repairing') and e.part is not null
  group by e.part, f.family),
settled as (
  select e.machine, e.part, max(e.event_time) as last
  from event e
  where e.kind in ('claim', 'repairing') and e.part is not null and e.amount is not null
  group by e.machine, e.part),
failed as (
  select e.part, f.family, count(*) as failures, count(*) filter (where e.event_time <= d.last) as paid
  from event e join unit_name n on n.machine = e.machine join fleet f on f.unit = n.unit
  left join settled d on d.machine = e.machine and d.part = e.part
  where e.kind = 'failure' and e.part is not null
  group by e.part, f.family),
served as (
  select p.part, g.family, sum(g.n) as machines, sum(g.days) as days
  from (select b.config, f.family, count(*) as n, sum(f.until - f.started) as days
        from fleet f join built_as b on b.unit = f.unit where f.in_service group by b.config, f.family) g
  join placed p on p.config = g.config
  group by p.part, g.family)
select f.part, f.family, f.failures, coalesce(s.cost, 0) as cost, 'CNY' as currency, coalesce(v.machines, 0) as machines,
       case when v.machines > 0 then v.days / 30.4375 / v.machines else 0 end as mean_age_months,
       f.paid
from failed f
left join spent s on s.part = f.part and s.family = f.family
left join served v on v.part = f.part and v.family = f.family
