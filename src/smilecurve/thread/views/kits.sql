select k.work_order, k.component, k.part, k.lot
from (select p.work_order, p.component, p.part, p.lot,
             row_number() over (partition by p.work_order, p.component order by p.pos desc) as nth
      from picked p join work_orders w on w.work_order = p.work_order) k
where k.nth = 1
