-- The term that fits best by part group: own market before every other, then own group before every other.
select c.machine, c.model, c.family, c.market, c.partner, c.holder, c.system, c.started, c.start_source, c.months,
       cast(c.started + interval '1' month * c.months as date) as until, c.hours_most, c.hours, c.most, c.currency
from (select u.machine, u.model, m.family, u.market, u.partner, u.holder, s.system, u.started, u.start_source, w.months,
             w.hours as hours_most, u.hours, w.most, w.currency,
             row_number() over (partition by u.machine, s.system
                                order by case when w.market = '*' then 1 else 0 end, case when w.system = '*' then 1 else 0 end) as nth
      from unit u
      join models m on m.model = u.model
      join (select distinct t.family, t.system from warranty_terms t) s on s.family = m.family
      join warranty_terms w on w.family = m.family and (w.market = u.market or w.market = '*') and (w.system = s.system or w.system = '*')) c
where c.nth = 1
