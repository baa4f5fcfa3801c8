select z.stage, z.year, z.family, z.market, cast(sum(cast(z.value as decimal(24, 4))) as double) as value, cast(sum(cast(z.cost as decimal(24, 4))) as double) as cost, 'CNY' as currency
from (select e.code as stage, cast(extract(year from e.event_time) as varchar) as year,
             coalesce(m.family, e.details ->> 'family', '*') as family, coalesce(e.market, '*') as market,
             case when e.disposition = 'value' then e.amount * r.in_cny else 0 end as value,
             case when e.disposition = 'value' then 0 else e.amount * r.in_cny end as cost
      from event e
      join rate r on r.currency = coalesce(e.currency, 'CNY')
      left join models m on m.model = e.part
      where e.kind = 'cost'
      union all
      select case when e.kind in ('claim', 'repairing') then 'service' else 'second_life' end,
             cast(extract(year from e.event_time) as varchar), coalesce(m.family, '*'), coalesce(e.market, u.market, '*'),
             case when e.kind = 'retail_selling' then e.amount * r.in_cny else 0 end,
             case when e.kind = 'retail_selling' then 0 else e.amount * r.in_cny end
      from event e
      join rate r on r.currency = coalesce(e.currency, 'CNY')
      left join unit u on u.machine = e.machine
      left join models m on m.model = u.model
      where e.amount is not null
        and (e.kind in ('claim', 'repairing', 'regrade') or (e.kind = 'retail_selling' and e.disposition = 'second_hand'))) z
where z.stage in ('design', 'components', 'assembly', 'logistics', 'sales', 'service', 'second_life')
group by z.stage, z.year, z.family, z.market
