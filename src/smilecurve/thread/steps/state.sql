-- One row a machine: its state after everything in `life`, on top of its state in `state_was` where it has one (then `life` holds only
-- what happened since, and nothing in it is older). `key` orders events by time, then by position.
with happened as (
  select e.machine, e.kind, e.event_time, cast(epoch_us(e.event_time) as hugeint) * 1099511627776 + e.pos as key,
         e.part, e.place, e.market, e.party, e.ref, e.code, e.disposition, e.quantity, e.amount, e.currency,
         case e.kind when 'commissioning' then 'line' when 'storing' then 'stock' when 'shipping' then 'ship'
                     when 'receiving' then case when e.disposition = 'returned' then 'returned' else 'dealer' end
                     when 'retail_selling' then 'customer' when 'lease_out' then 'lease'
                     when 'lease_end' then 'returned' when 'decommissioning' then 'scrap' end as status
  from life e
  where e.machine is not null),
state as (
  select h.machine,
         max(h.event_time) as last_at,
         arg_max(h.part, h.key) filter (where h.kind = 'commissioning') as model,
         arg_max(h.part, h.key) filter (where h.kind in ('shipping', 'retail_selling')) as model_sold,
         arg_max(h.place, h.key) filter (where h.kind = 'commissioning') as line,
         arg_max(h.ref, h.key) filter (where h.kind = 'commissioning') as work_order,
         arg_max(h.ref, h.key) filter (where h.kind in ('storing', 'shipping') and h.ref is not null) as sales_order,
         min(h.event_time) filter (where h.kind = 'commissioning') as built_at,
         arg_max(h.status, h.key) filter (where h.status is not null) as status,
         arg_max(h.event_time, h.key) filter (where h.status is not null) as since,
         arg_max(coalesce(h.place, ''), h.key) filter (where h.status is not null) as place,
         arg_max(h.market, h.key) filter (where h.market is not null and h.kind not in ('price', 'cost')) as market,
         arg_max(h.party, h.key) filter (where h.party is not null and h.kind in ('shipping', 'receiving', 'retail_selling', 'lease_out')
                                         and h.status <> 'returned') as holder,
         arg_max(h.code, h.key) filter (where h.kind = 'retail_selling' and h.code is not null) as channel,
         arg_max(h.party, h.key) filter (where h.kind = 'start_up' and h.party is not null) as partner,
         min(h.event_time) filter (where h.kind = 'start_up') as started_at,
         min(h.event_time) filter (where h.kind = 'retail_selling' and h.disposition is distinct from 'second_hand') as sold_at,
         min(h.event_time) filter (where h.kind = 'shipping') as shipped_at,
         arg_max(h.quantity, h.key) filter (where h.kind in ('meter_reading', 'ticket', 'failure') and h.quantity is not null) as hours,
         count(*) filter (where h.kind = 'failure') as failures,
         arg_max(h.code, h.key) filter (where h.kind in ('grade', 'regrade')) as grade,
         arg_min(h.amount, h.key) filter (where h.kind = 'retail_selling' and h.disposition is distinct from 'second_hand' and h.amount is not null) as price_new,
         arg_min(h.currency, h.key) filter (where h.kind = 'retail_selling' and h.disposition is distinct from 'second_hand' and h.amount is not null) as price_currency,
         arg_max(coalesce(h.ref, ''), h.key) filter (where h.status = 'returned') as rma,
         arg_max(h.event_time, h.key) filter (where h.status = 'returned') as returned_at,
         arg_max(coalesce(h.place, ''), h.key) filter (where h.status = 'returned') as return_place,
         arg_max(coalesce(h.code, ''), h.key) filter (where h.status = 'returned') as return_why
  from happened h group by h.machine)
select n.unit, s.machine,
       case when s.model is not null then s.model when b.built is not null then b.model else coalesce(s.model_sold, b.model) end as model,
       coalesce(s.line, b.line) as line, coalesce(s.work_order, b.work_order) as work_order,
       coalesce(s.sales_order, b.sales_order) as sales_order, coalesce(b.built, cast(s.built_at as date)) as built,
       coalesce(s.status, b.status) as status, coalesce(s.since, b.since) as since,
       case when s.status is null then b.place when s.status = 'ship' then null else nullif(s.place, '') end as place,
       coalesce(s.market, b.market) as market, coalesce(s.holder, b.holder) as holder, coalesce(s.channel, b.channel) as channel,
       coalesce(s.partner, b.partner) as partner,
       case when b.start_source = 'start_up' then b.started
            when s.started_at is not null then cast(s.started_at as date)
            when b.start_source = 'sale' then b.started
            when s.sold_at is not null then cast(s.sold_at as date)
            when b.start_source = 'shipping' then b.started
            else cast(s.shipped_at + interval 45 day as date) end as started,
       case when b.start_source = 'start_up' or s.started_at is not null then 'start_up'
            when b.start_source = 'sale' or s.sold_at is not null then 'sale'
            when b.start_source = 'shipping' or s.shipped_at is not null then 'shipping' end as start_source,
       coalesce(s.hours, b.hours) as hours, coalesce(b.failures, 0) + s.failures as failures, coalesce(s.grade, b.grade) as grade,
       coalesce(b.price_new, s.price_new) as price_new, coalesce(b.price_currency, s.price_currency) as price_currency,
       case when s.status is null then b.ended when s.status in ('returned', 'scrap') then cast(s.since as date) end as ended,
       case when s.returned_at is null then b.rma else nullif(s.rma, '') end as rma,
       coalesce(cast(s.returned_at as date), b.returned) as returned,
       case when s.returned_at is null then b.return_place else nullif(s.return_place, '') end as return_place,
       case when s.returned_at is null then b.return_why else nullif(s.return_why, '') end as return_why,
       greatest(s.last_at, b.last_at) as last_at
from state s
join unit_named n on n.machine = s.machine
left join state_was b on b.unit = n.unit
