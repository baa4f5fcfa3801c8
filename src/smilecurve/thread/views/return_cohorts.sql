-- Each sale with the first return after it and before the next sale of the machine; a lease that ends is no return.
with sale as (
  select e.machine, e.event_time, e.pos, cast(e.event_time as date) as sold, coalesce(e.part, u.model, 'unknown') as model,
         coalesce(e.market, u.market) as market, e.amount, e.currency,
         case when e.disposition = 'second_hand' then 'second_hand' else coalesce(e.code, 'direct') end as channel
  from event e left join unit u on u.machine = e.machine
  where e.kind = 'retail_selling'),
back as (
  select b.machine, b.sale_pos, min(b.age) as age
  from (select r.machine, s.pos as sale_pos, cast(r.event_time as date) - s.sold as age,
               row_number() over (partition by r.machine, r.pos order by s.event_time desc, s.pos desc) as nth
        from event r join sale s on s.machine = r.machine and s.event_time <= r.event_time
        where r.kind = 'receiving' and r.disposition = 'returned') b
  where b.nth = 1 group by b.machine, b.sale_pos)
select c.family, c.model, c.market, c.channel, c.sold, t.day - c.sold - 6 as observed, c.machines, c.amount, c.currency,
       c.back_10, c.back_20, c.back_30, c.back_40, c.back_50, c.back_60, c.back_70, c.back_80, c.back_90
from (select coalesce(m.family, s.model) as family, s.model, s.market, s.channel,
             date '1970-01-05' + cast(floor((s.sold - date '1970-01-05') / 7.0) as integer) * 7 as sold,
             coalesce(case when s.amount is not null then s.currency end, m.currency, s.currency, 'CNY') as currency,
             count(*) as machines, cast(sum(cast(coalesce(s.amount, m.price, 0) as decimal(24, 4))) as double) as amount,
             sum(case when b.age <= 10 then 1 else 0 end) as back_10, sum(case when b.age <= 20 then 1 else 0 end) as back_20,
             sum(case when b.age <= 30 then 1 else 0 end) as back_30, sum(case when b.age <= 40 then 1 else 0 end) as back_40,
             sum(case when b.age <= 50 then 1 else 0 end) as back_50, sum(case when b.age <= 60 then 1 else 0 end) as back_60,
             sum(case when b.age <= 70 then 1 else 0 end) as back_70, sum(case when b.age <= 80 then 1 else 0 end) as back_80,
             sum(case when b.age <= 90 then 1 else 0 end) as back_90
      from sale s
      left join back b on b.machine = s.machine and b.sale_pos = s.pos
      left join models m on m.model = s.model
      group by coalesce(m.family, s.model), s.model, s.market, s.channel,
               date '1970-01-05' + cast(floor((s.sold - date '1970-01-05') / 7.0) as integer) * 7,
               coalesce(case when s.amount is not null then s.currency end, m.currency, s.currency, 'CNY')) c
cross join today t
