select u.machine, u.model, m.family, u.line, u.work_order, u.sales_order, u.built, u.status, u.since, u.place, u.market,
       u.holder, u.channel, u.partner, u.started, u.start_source, u.hours, u.failures, u.grade
from unit u left join models m on m.model = u.model
