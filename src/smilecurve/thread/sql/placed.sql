-- How many places for a part does each configuration have?
select c.config, s.part, count(*) as places, coalesce(max(case when p.spare then 1 else 0 end), 0) as spare
from all_config c
join slot s on s.slot = c.slot
left join parts p on p.part = s.part
group by c.config, s.part
