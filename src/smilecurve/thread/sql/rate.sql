-- What one unit of a currency is worth in yuan, by the last rate.
select r.currency, r.in_cny
from (select c.currency, c.in_cny, row_number() over (partition by c.currency order by c.day desc) as nth from currency_rates c) r
where r.nth = 1 and r.currency <> 'CNY'
union all
select 'CNY' as currency, 1.0 as in_cny
