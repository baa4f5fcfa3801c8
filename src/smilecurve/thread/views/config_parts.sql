select cast(c.config as varchar) as config, c.part, p.supplier, c.places, coalesce(p.safety, false) as safety
from placed c left join parts p on p.part = c.part
where c.part is not null and c.part <> ''
