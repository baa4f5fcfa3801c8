with suspect as (
  select s.part, s.lot, l.lot as held from suspect_lots s join lot_code l on l.code = s.lot where s.hold),
reach as (
  select s.part, s.lot, s.held from suspect s
  union
  select s.part, s.lot, i.lot as held from suspect s join inside i on i.inside = s.held),
found as (
  select r.part, r.lot, k.unit, max(case when c.until is null then 1 else 0 end) as still_in
  from reach r join holds k on k.lot = r.held
  left join closed c on c.unit = k.unit and c.slot = k.slot and c.lot = k.lot
  group by r.part, r.lot, k.unit
  union all
  select r.part, r.lot, f.unit, max(case when f.until is null then 1 else 0 end) as still_in
  from reach r join fitted f on f.lot = r.held
  group by r.part, r.lot, f.unit)
select u.machine, coalesce(u.model, 'unknown') as model, f.part, f.lot, u.market, u.partner, u.holder, coalesce(u.status, 'line') as status, u.place, k.latitude,
       k.longitude, max(f.still_in) = 0 or max(case when r.machine is null then 0 else 1 end) = 1 as done
from found f
join unit u on u.unit = f.unit
left join markets k on k.market = u.market
left join (select distinct e.machine, e.part from event e where e.kind = 'campaign_repair') r on r.machine = u.machine and r.part = f.part
where coalesce(u.status, 'line') in ('stock', 'ship', 'dealer', 'customer', 'lease')
group by u.machine, u.model, f.part, f.lot, u.market, u.partner, u.holder, u.status, u.place, k.latitude, k.longitude
