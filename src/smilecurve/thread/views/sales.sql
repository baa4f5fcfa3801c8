select cast(date_trunc('month', s.event_time) as date) as month, s.market, coalesce(k.region, s.market) as region, s.channel, s.buyer,
       s.model, coalesce(m.family, s.model) as family, coalesce(k.home, false) as home, count(*) as quantity,
       cast(sum(cast(coalesce(s.amount, m.price, 0) as decimal(24, 4))) as double) as amount,
       coalesce(case when s.amount is not null then s.currency end, m.currency, s.currency, 'CNY') as currency
from (select e.event_time, coalesce(e.market, u.market) as market, coalesce(e.part, u.model, 'unknown') as model, e.amount, e.currency,
             case when e.disposition = 'second_hand' then 'second_hand' else coalesce(e.code, 'direct') end as channel,
             coalesce(e.details ->> 'buyer', 'business') as buyer
      from event e left join unit u on u.machine = e.machine
      where e.kind = 'retail_selling') s
left join models m on m.model = s.model
left join markets k on k.market = s.market
where s.market is not null
group by cast(date_trunc('month', s.event_time) as date), s.market, coalesce(k.region, s.market), s.channel, s.buyer, s.model,
         coalesce(m.family, s.model), coalesce(k.home, false),
         coalesce(case when s.amount is not null then s.currency end, m.currency, s.currency, 'CNY')
