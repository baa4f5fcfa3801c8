-- Containment of held lots summed by where the machines are, with what became of the campaign.
with called as (
  select c.machine, c.part, c.disposition
  from (select e.machine, e.part, e.disposition,
               row_number() over (partition by e.machine, e.part order by e.event_time desc, e.pos desc) as nth
        from event e where e.kind = 'campaign_call') c
  where c.nth = 1),
righted as (select distinct e.machine, e.part from event e where e.kind = 'campaign_repair'),
told as (
  select f.part, f.lot, coalesce(u.status, 'line') as status, u.market, u.partner, u.holder,
         case when f.still_in = 0 or r.machine is not null then 1 else 0 end as repaired,
         case when c.disposition = 'unreachable' then 1 else 0 end as silent
  from reached f
  join unit u on u.unit = f.unit
  left join righted r on r.machine = u.machine and r.part = f.part
  left join called c on c.machine = u.machine and c.part = f.part)
select t.part, t.lot, t.status, t.market, t.partner, count(*) as machines, sum(t.repaired) as repaired,
       sum((1 - t.repaired) * t.silent) as unreachable, sum((1 - t.repaired) * (1 - t.silent)) as open,
       count(distinct case when t.repaired = 0 then t.holder end) as holders
from told t
group by t.part, t.lot, t.status, t.market, t.partner
