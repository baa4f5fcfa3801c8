-- Which places does each machine of the chunk have, every level down? Machines with the same places share a configuration.
create or replace temp table unit_slot as
select k.unit, k.slot from new_link k
union all
select k.unit, i.slot from new_link k join inside_here i on i.lot = k.lot;

create or replace temp table unit_key as
select s.unit, bit_xor(hash(s.slot)) as k1, sum(hash(s.slot * 31 + 7) % 1000000007) as k2, count(*) as n
from (select unit, slot, count(*) as times from unit_slot group by unit, slot) s group by s.unit;

create or replace temp table key_before as
select b.config, bit_xor(hash(b.slot)) as k1, sum(hash(b.slot * 31 + 7) % 1000000007) as k2, count(*) as n
from config_before b group by b.config;

create or replace temp table key_new as
select cast((select coalesce(max(b.config), -1) from config_before b) + row_number() over (order by n.unit) as integer) as config,
       n.k1, n.k2, n.n, n.unit
from (select u.k1, u.k2, u.n, min(u.unit) as unit from unit_key u group by u.k1, u.k2, u.n) n
where not exists (select 1 from key_before b where b.k1 = n.k1 and b.k2 = n.k2 and b.n = n.n);

create or replace temp table new_config as
select k.config, s.slot from key_new k join unit_slot s on s.unit = k.unit group by k.config, s.slot;

create or replace temp table new_build as
select u.unit, c.config
from unit_key u
join (select config, k1, k2, n from key_before union all select config, k1, k2, n from key_new) c
  on c.k1 = u.k1 and c.k2 = u.k2 and c.n = u.n;
